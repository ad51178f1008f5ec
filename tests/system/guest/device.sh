# Sourced: the device in setup, for the steps of every boot.

plant=/t/plant
published_of_server=/var/lib/edgeseal/pki/plc/application

setup() { edgesealctl --json setup status | sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }
setup_is() { [ "$(setup state)" = "$1" ] || { edgesealctl setup status; return 1; }; }
becomes() { until_true setup_is "$1"; }
open_by() {
  sed -i "/^\[setup\]/,/^\[/s|^#\?open-by = .*|open-by = $1|" /etc/edgeseal/edgeseal.toml
  systemctl try-restart edgeseald.service
}
identity() { edgesealctl --json device identity export; }
identity_is_kept() { identity | diff "$plant/identity.json" -; }

staging() { edgesealctl --json stage show | sed -n "s/.*\"state\": *\"\([^\"]*\)\".*/\1/p"; }
staging_is() { [ "$(staging)" = "$1" ] || { edgesealctl stage show; return 1; }; }
trusts_provisioning() { edgesealctl trust show device/provisioning | grep -q "CN=$1"; }
trusts_no_provisioning() { ! trusts_provisioning "$1" 2>/dev/null; }
# settings_file CERTIFICATE: as phones are given such
settings_file() { printf '<settings><phone-settings e="2"/><certificate type="base64">\n%s\n</certificate></settings>\n' "$(cat "$@")"; }

drop=/var/lib/edgeseal-drop
# drop_in NAME: from the standard input
drop_in() { cat >"$drop/$1.part" && mv "$drop/$1.part" "$drop/$1"; }

journal_of() { journalctl --sync && journalctl --boot --unit="$1" --output=cat; }

tries() { edgesealctl --json bundle status | sed -n 's/.*"remaining-tries": *\([0-9]*\).*/\1/p'; }
# The socket on which systemd's password agents answer the question for the PIN.
question() {
  local file
  file=$(grep -ls '^Id=edgeseal:bundle-pin$' /run/systemd/ask-password/ask.*) && sed -n 's/^Socket=//p' "$file" | grep .
}
no_question() { ! question; }
# another_question SOCKET
another_question() {
  local now
  now=$(question) && [ "$now" != "$1" ]
}
# answer SOCKET PIN: as a password agent does
answer() { printf %s "$2" | /lib/systemd/systemd-reply-password 1 "$1"; }
