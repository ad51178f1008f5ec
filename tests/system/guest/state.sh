# Owners and modes on disk.

mode_of() { stat -c '%U %a' "$1"; }

check "the state directory lets applications pass" equals "edgeseal 711" "$(mode_of /var/lib/edgeseal)"
check "private state is private" equals "edgeseal 700" "$(mode_of /var/lib/edgeseal/state)"
check "private files are private" equals "" "$(find /var/lib/edgeseal/state -type f -perm /077)"
check "the application reads its certificate" as web openssl x509 -noout -in "$published/fullchain.pem"
check "the application reads its key reference" as web cat "$key_reference"
check "the application writes nothing there" equals "" "$(as web find /var/lib/edgeseal -writable -not -type l 2>/dev/null)"
check "another account reads nothing there" equals "" "$(as stranger find /var/lib/edgeseal -type f -readable 2>/dev/null)"
check "no private key is on the disk" fails grep -rlE "BEGIN( EC| RSA| ENCRYPTED)? PRIVATE KEY" /var/lib/edgeseal /etc/edgeseal

# As where an image gives the account another number, or a backup was copied by numbers
owners() { find /var/lib/edgeseal -printf '%u:%g\n' | sort -u; }
change_number() {
  systemctl stop edgeseald.service && chown --recursive --no-dereference 4711:4711 /var/lib/edgeseal &&
    systemd-tmpfiles --create edgeseal.conf && systemctl start edgeseald.service
}
owners_before=$(owners)
check "the agent starts with a state whose account had another number" change_number
check "the files are its own again" equals "$owners_before" "$(owners)"
check "and the application signs as before" signs edgeseal:web web
