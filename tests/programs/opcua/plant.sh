# The plant: its certification authority, its people and programs, in files below $device/plant. Sourced after device.sh.

# in_plant COMMAND...: in its directory.
in_plant() { (cd "$device/plant" && "$@") 2>>"$device/plant/log" || fail "$(cat "$device/plant/log")"; }

plant_create() { in_plant authority_create; }
authority_create() {
  touch index
  printf '%s\n' '[req]' 'distinguished_name = name' '[name]' '[ca]' 'default_ca = plant' '[plant]' 'database = index' \
    'default_md = sha256' 'default_crl_days = 30' >ca.cnf
  echo 'authorityKeyIdentifier = keyid' >leaf.cnf
  authority ca 'Test plant CA'
  revocation_list nobody
}

# certificate NAME COMMON-NAME OPTION...: with a key in a file; signed by that, unless the options say by whom.
certificate() {
  openssl req -config ca.cnf -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -days 30 -subj "/O=Example/CN=$2" \
    -addext subjectKeyIdentifier=hash -addext authorityKeyIdentifier=keyid:always "${@:3}"
  openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}

# authority NAME COMMON-NAME
authority() { certificate "$@" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign; }

# person NAME [OPTION...]: with an OPC UA application.
person() {
  certificate "$1" "$1" -addext "subjectAltName=URI:urn:plant:$1,DNS:$(hostname)" -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment -addext extendedKeyUsage=clientAuth,serverAuth "${@:2}"
}

# revocation_list NAME: of the authority's, with the one who is revoked in its name.
revocation_list() {
  openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out "$1-crl.pem"
  openssl crl -in "$1-crl.pem" -outform DER -out "revoked-$1.der"
}
