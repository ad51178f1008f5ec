# From the factory to operational by a one-time password and push, by the account of an OPC UA server for a client whom nobody
# vouches for: it may because setup is open.

server() { as plc ./server.py "$@"; }
# submit PASSWORD: not sooner after a wrong one than the agent lets
submit() {
  local said
  until said=$(printf %s "$1" | server password "$plant/engineer.der" 2>&1); do
    grep -q ServerTooBusy <<<"$said" || { echo "$said"; return 1; }
    sleep 0.05
  done
}
one_time_password() {
  install -m 0600 /dev/null "$plant/password" && edgesealctl setup otp >"$plant/password" && grep -Eq '^([0-9A-Z]{4}-){2}[0-9A-Z]{4}$' "$plant/password"
}
sign_request() {
  openssl x509 -req -inform DER -in /t/plc/request -CA "$plant/ca.pem" -CAkey "$plant/ca.key" -days 30 -copy_extensions copy \
    -outform DER -out "$plant/plc.der"
}
shows_what_was_pushed() {
  cmp <(openssl x509 -in "$published_of_server/fullchain.pem" -outform DER) "$plant/plc.der"
}

check "while setup is locked, a client is refused that nobody vouches for" refused "CertificateUntrusted|ChainIncomplete" \
  server validate "$plant/engineer.der"
check "who is no administrator makes no password" refused "org.edgeseal.manage-setup" as plc edgesealctl setup otp
check "nor says that he is at the device" refused "org.edgeseal.report-presence" as plc edgesealctl setup presence
check "an administrator makes one" one_time_password
check "a wrong one is refused, and counted" refused "4 tries are left" submit 0000-0000-0000
check "C9: the right one opens setup" submit "$(cat "$plant/password")"
check "C9: setup is open" setup_is setup-open
check "C9: it opens once" refused "there is no one-time password" submit "$(cat "$plant/password")"
check "C6: now whoever comes is let in" eval 'server validate "$plant/engineer.der" && server validate "$plant/passer-by.der"'
check "C2: for a client, the server asks for a signing request with a new key" server request "$plant/engineer.der" /t/plc/request
check "the plant issues the certificate" sign_request
check "trust list and certificate are pushed" server push "$plant/engineer.der" "$plant/plc.der" "$plant/ca.der"
check "C4: the device is operational, without another command" setup_is operational
check "C6: who is not in the trust list is refused" refused "CertificateUntrusted|ChainIncomplete" server validate "$plant/passer-by.der"
check "who is, is let in" server validate "$plant/engineer.der"
check "the certificate is published" shows_what_was_pushed
check "its key signs for the account" as plc openssl dgst -sha256 -sign edgeseal:plc -out /dev/null /etc/hostname
