# First trust from a file, over two boots; the second one goes on at "staging.sh second".

stage_state() { edgesealctl --json stage show | grep -o '"state": *"[a-z]*"' | cut -d'"' -f4; }
stages() { [ "$(stage_state)" = "$1" ]; }
provisioning_ca() {
  OPENSSL_CONF=/etc/ssl/openssl.cnf openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 \
    -subj "/CN=provisioning" -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout /var/lib/staging-test/ca.key \
    -out /var/lib/staging-test/ca.pem
}
provisioning_server() {
  OPENSSL_CONF=/etc/ssl/openssl.cnf openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=gds" \
    -addext "subjectAltName=DNS:gds.example.com" -addext "keyUsage=digitalSignature" -addext "extendedKeyUsage=serverAuth" \
    -keyout /var/lib/staging-test/gds.key -out /var/lib/staging-test/gds.csr &&
    openssl x509 -req -in /var/lib/staging-test/gds.csr -CA /var/lib/staging-test/ca.pem -CAkey /var/lib/staging-test/ca.key -days 30 \
      -copy_extensions copy -out /var/lib/staging-test/gds.pem
}
settings_file() {
  printf '<settings><phone-settings e="2"/><certificate type="base64">\n%s\n</certificate></settings>\n' "$(cat "$1")"
}

if [ "${1:-first}" = first ]; then
  mkdir -p /var/lib/staging-test
  check "N5: make a provisioning CA and its server" eval "provisioning_ca && provisioning_server"
  check "N5: write a settings file" eval "settings_file /var/lib/staging-test/ca.pem > /var/lib/staging-test/stage.xml"
  check "N4: the drop folder belongs to root" equals "700 root" "$(stat -c '%a %U' /var/lib/edgeseal-drop)"
  check "H10: the drop folder is watched" systemctl start edgeseal-drop.path
  check "N12: a file in it" cp /var/lib/staging-test/stage.xml /var/lib/edgeseal-drop/stage.xml
  check "N12: is staged" until_true stages staged
  check "N12: and removed" until_true test ! -e /var/lib/edgeseal-drop/stage.xml
  check "N9: a file with a private key" eval "settings_file <(cat /var/lib/staging-test/gds.pem /var/lib/staging-test/gds.key) > /var/lib/edgeseal-drop/key.xml"
  check "N9: is refused and put aside" until_true test -e /var/lib/edgeseal-drop/key.xml.refused
  check "N9: for the reason that it has a key" eval "journalctl --sync && journalctl --unit edgeseal-drop.service | grep -q 'lies in the clear'"
  check "H14: nobody is trusted before the next start" eval '! edgesealctl trust show device/provisioning 2>/dev/null | grep -q CN=provisioning'
else
  check "N13: it is in force after the boot" until_true stages verifying
  check "N13: and in the trust list" grep -q CN=provisioning <(edgesealctl trust show device/provisioning)
  check "N13: the server proves itself" edgesealctl stage report --host gds.example.com /var/lib/staging-test/gds.pem
  check "N13: staging is over" stages empty
  check "N4: the next file is refused" eval "settings_file /var/lib/staging-test/ca.pem | edgesealctl stage --source drop-folder - 2>&1 | grep -q InvalidState"
fi
