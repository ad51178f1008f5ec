# Debian's Node or another one that brings its own OpenSSL.
account=www-data
server_slot=https/https
client_slot=tls/tls-client
port=8443
more=(signs_and_decrypts_as_a_program)
export NODE_OPTIONS=--openssl-shared-config

prepare() { passed "$(node -p '`${process.version}, OpenSSL ${process.versions.openssl}, shared: ${process.config.variables.node_shared_openssl}`')"; }

# script NAME LINES
script() {
  printf '%s\n' "'use strict'" "$2" >"$device/etc/$1.js"
  echo "$device/etc/$1.js"
}

serve() { program_start "${becoming[@]}" node "$(script server "$(page_lines Server "$1")")"; }
reload() { kill -HUP "$program"; }
authenticate() { with_provider as_account node "$(script client "$(page_lines Client "$1")")"; }

# In the plant's language: what is signed and decrypted here is checked and encrypted by openssl, which has certificates only.
signs_and_decrypts_as_a_program() {
  local application public=$device/run/public.pem
  echo -n "a secret" >"$device/run/message"
  for application in client-ec client-rsa; do
    openssl x509 -in "$(published "$application" tls)/fullchain.pem" -noout -pubkey >"$public"
    openssl pkeyutl -encrypt -pubin -inkey "$public" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 \
      -in "$device/run/message" -out "$device/run/ciphertext" 2>/dev/null || [ "$application" = client-ec ]
    script sign "$(page_lines Signatures "$application")
      process.stdout.write(crypto.sign('sha256', fs.readFileSync('$device/run/message'), key))" >/dev/null
    with_provider as_account node "$device/etc/sign.js" >"$device/run/signature"
    openssl dgst -sha256 -verify "$public" -signature "$device/run/signature" "$device/run/message" || fail "the signature of $application"
  done
  script decrypt "$(page_lines Signatures client-rsa)
    process.stdout.write(crypto.privateDecrypt({ key, oaepHash: 'sha256' }, fs.readFileSync('$device/run/ciphertext')))" >/dev/null
  [ "$(with_provider as_account node "$device/etc/decrypt.js")" = "a secret" ] || fail "the plaintext"
}
