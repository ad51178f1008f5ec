# What the unmodified openssl program does with keys of an agent; sourced by those who hold such keys. It runs in a directory with the
# public part of each KIND of key (ec, rsa, ed25519): KIND.pub, KIND.pem, KIND.key.reference, and with ca.pem. key_uri KIND prints
# the name of the key. Any command that fails ends the shell (set -e).

# each WORK KIND...: by the name of the key and by its reference
each() {
  work=$1
  shift
  for kind; do
    for key in "$(key_uri "$kind")" "$kind.key.reference"; do "$work"; done
  done
}

openssl_dgst() { each sign_digest ec rsa; }
openssl_pkeyutl() {
  each sign_message ed25519
  each decrypt rsa
}
openssl_pkey() { each show_key ec rsa ed25519; }
openssl_storeutl() {
  for kind in ec rsa ed25519; do look_into_stores; done
}
openssl_req() { each request_certificate ec rsa ed25519; }
openssl_x509() {
  each sign_certificates ec rsa ed25519
  for kind in ec rsa ed25519; do
    openssl x509 -in "$(key_uri "$kind")" -out read.pem
    cmp read.pem "$kind.pem"
  done
}
openssl_cms() {
  each sign_document ec rsa
  each open_envelope rsa
}
openssl_tls() { each make_handshakes ec rsa ed25519; }

sign_digest() {
  openssl dgst -sha256 -sign "$key" -out signature ca.pem
  openssl dgst -sha256 -verify "$kind.pub" -signature signature ca.pem
  [ "$kind" = rsa ] || return 0
  openssl dgst -sha384 -sign "$key" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -out signature ca.pem
  openssl dgst -sha384 -verify rsa.pub -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -signature signature ca.pem
}

sign_message() {
  openssl pkeyutl -sign -rawin -inkey "$key" -in ca.pem -out signature
  openssl pkeyutl -verify -rawin -pubin -inkey "$kind.pub" -in ca.pem -sigfile signature
}

decrypt() {
  printf "a secret" >plaintext
  for options in "rsa_padding_mode:pkcs1" "rsa_padding_mode:oaep" "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256" \
    "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha1 -pkeyopt rsa_oaep_label:6c61"; do
    # shellcheck disable=SC2086 # several words
    openssl pkeyutl -encrypt -pubin -inkey rsa.pub -pkeyopt $options -in plaintext -out ciphertext
    # shellcheck disable=SC2086
    openssl pkeyutl -decrypt -inkey "$key" -pkeyopt $options -in ciphertext -out read
    cmp read plaintext
  done
}

# As a private key it has its reference, and nothing else.
show_key() {
  openssl pkey -in "$key" -pubout -out read.pub
  cmp read.pub "$kind.pub"
  openssl pkey -in "$key" -out private.pem
  openssl pkey -in "$key" -outform DER -traditional -out private.der # without it libcrypto 3.6 wants PKCS #8
  openssl pkey -in private.pem -pubout | cmp - "$kind.pub"
  openssl pkey -in private.der -pubout | cmp - "$kind.pub"
  openssl pkey -in "$key" -noout -text >text
  grep -q "^Private-Key: held by the Edgeseal agent" text
  openssl pkey -in "$key" -noout -text_pub >text.pub
  openssl pkey -pubin -in "$kind.pub" -noout -text_pub | cmp - text.pub
  if grep -q "PRIVATE KEY" private.pem; then return 1; fi
  if openssl pkey -in "$key" -aes256 -passout pass:secret -out encrypted.pem 2>errors; then return 1; fi
  grep -q "encryption not supported" errors
  for command in "pkcs8 -topk8 -nocrypt -in" "pkcs12 -export -passout pass:secret -in $kind.pem -inkey"; do
    # shellcheck disable=SC2086 # several words
    if openssl $command private.pem -out exported 2>errors; then return 1; fi
    grep -q "private key cannot be exported" errors
  done
}

# finds URI NUMBER OPTION...: so many objects. libcrypto 3.5 says nothing of none.
finds() {
  store=$1 total=$2
  shift 2
  openssl storeutl -noout "$@" "$store" >found
  grep -q "^Total found" found || echo "Total found: 0" >>found
  grep -qx "Total found: $total" found || { cat found; return 1; }
}

look_into_stores() {
  uri=$(key_uri "$kind")
  serial=$(openssl x509 -in "$kind.pem" -noout -serial)
  finds "$uri" 3
  finds "$uri" 1 -keys
  finds "$uri" 2 -certs
  finds "$uri" 0 -crls
  finds "$uri;type=private" 1
  finds "$uri;type=public" 1
  finds "$uri;type=cert" 1
  finds "$uri;type=ca" 1
  finds "$uri;type=trust" 1
  finds "$uri" 1 -subject "$(openssl x509 -in "$kind.pem" -noout -subject -nameopt compat | sed "s/^subject=//")"
  finds "$uri" 1 -issuer "$(openssl x509 -in "$kind.pem" -noout -issuer -nameopt compat | sed "s/^issuer=//")" \
    -serial "0x${serial#serial=}"
  finds "$uri" 2 -sha256 -fingerprint "$(openssl pkey -pubin -in "$kind.pub" -outform DER | sha256sum | cut -d " " -f 1)"
  openssl storeutl -out all.pem "$uri"
  grep -q "EDGESEAL KEY REFERENCE" all.pem
  if openssl storeutl -noout "$uri;typ=cert" 2>errors; then return 1; fi
  grep -q "\"typ\" is no option" errors
  openssl verify -no-CAfile -no-CApath -CAstore "$uri;type=trust" "$kind.pem"
  if openssl verify -no-CAfile -no-CApath -CAstore "$uri;type=private" "$kind.pem" 2>errors; then return 1; fi
}

request_certificate() {
  openssl req -new -key "$key" -subj "/CN=$kind" -out read.csr
  openssl req -in read.csr -noout -verify
  openssl req -in read.csr -noout -pubkey | cmp - "$kind.pub"
}

# A certificate of its own, and one of another's request.
sign_certificates() {
  openssl req -x509 -new -key "$key" -subj "/CN=$kind" -addext basicConstraints=critical,CA:true -out self.pem
  openssl verify -CAfile self.pem -check_ss_sig self.pem
  openssl req -new -newkey ed25519 -nodes -keyout other.key -subj /CN=other -out other.csr
  openssl x509 -req -in other.csr -CA self.pem -CAkey "$key" -CAcreateserial -out other.pem
  openssl verify -CAfile self.pem other.pem
}

sign_document() {
  openssl cms -sign -nodetach -in ca.pem -binary -signer "$kind.pem" -inkey "$key" -outform PEM -out message
  openssl cms -verify -in message -inform PEM -CAfile ca.pem -purpose any -binary -out read
  cmp read ca.pem
}

open_envelope() {
  for options in "" "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256"; do
    # shellcheck disable=SC2086 # several words
    openssl cms -encrypt -aes256 -binary -in ca.pem -out message -recip rsa.pem $options
    openssl cms -decrypt -in message -recip rsa.pem -inkey "$key" -out read
    cmp read ca.pem
  done
}

# The server takes a port of its own choice and names it; it ends with its client.
make_handshakes() {
  for version in tls1_2 tls1_3; do
    mkfifo ready
    openssl s_server -accept 127.0.0.1:0 -naccept 1 -www -cert "$kind.pem" -key "$key" </dev/null >ready 2>errors &
    server=$!
    exec 3<ready
    while read -r word address <&3 && [ "$word" != ACCEPT ]; do :; done
    printf "GET / HTTP/1.0\r\n\r\n" | openssl s_client -connect "$address" -"$version" -no-CAfile -no-CApath \
      -CAstore "$(key_uri "$kind");type=trust" -verify_return_error -quiet -no_ign_eof >answer 2>trace || { cat errors trace; return 1; }
    wait "$server" || true
    exec 3<&-
    rm ready
  done
}
