# openssl's own server and client, and its other commands.
account=www-data
server_slot=tls/tls-server
client_slot=tls/tls-client
port=4433
more=(serves_without_a_file does_what_the_page_says runs_all_commands)

prepare() {
  printf '%s\n' '[req]' 'distinguished_name = name' '[name]' >>"$OPENSSL_CONF_EDGESEAL"
  directory=$device/commands
  install -d -o "$account" "$directory"
  cp "$device/plant/ca.pem" "$directory"
}

serve() { eval "program_start \"\${becoming[@]}\" $(page_lines Server "$1")"; }
authenticate() { printf 'GET / HTTP/1.0\r\n\r\n' | eval "with_provider as_account $(page_lines Client "$1")"; }

serves_without_a_file() {
  local application
  for application in server-ec server-rsa; do
    eval "program_start \"\${becoming[@]}\" $(page_lines "Server without a file" "" | sed "s|edgeseal:web|edgeseal:$application|g")"
    expect_handshake 1.3 "$application"
    program_stop
  done
}

# in_directory COMMANDS: by the account, in a directory of its own, with the provider.
in_directory() { (cd "$directory" && with_provider as_account bash -euo pipefail -c "$1" >"$device/handshake" 2>&1); }

does_what_the_page_says() {
  in_directory "echo a message >message
$(page_lines "Other commands" "" | sed "s|edgeseal:web|edgeseal:server-ec|g")" || fail "the commands of the page"
}

# kept KIND KEY OPTION...: an application of that name, and in the directory its public part as openssl_commands.sh wants it.
kept() {
  edgesealctl application create "$1" --access "user=$account" --slot "tls/tls-client=$2" "${@:3}" >/dev/null
  certify "$1" --subject "CN=$1"
  cp "$device/plant/$1.pem" "$directory"
  openssl x509 -in "$device/plant/$1.pem" -noout -pubkey >"$directory/$1.pub"
  cp "$(published "$1" tls)/own/private/key.pem" "$directory/$1.key.reference"
}

runs_all_commands() {
  local command
  kept ec ec-p256
  kept rsa rsa-2048 --legacy pkcs1-decryption
  kept ed25519 ed25519,sealed
  for command in dgst pkeyutl pkey storeutl req x509 cms tls; do
    in_directory ". '$here/../provider/openssl_commands.sh'; key_uri() { echo edgeseal:\$1; }; openssl_$command" || fail "openssl $command"
    passed "openssl $command with ec, rsa, ed25519, by name and by reference"
  done
}
