account=www-data
client_slot=tls/tls-client
refusal='not permitted'                 # it tells the reason of OpenSSL's queue, not its text
more=(takes_the_key_in_other_forms)

# as_the_page_says SECTION APPLICATION
as_the_page_says() {
  local commands
  commands=$(page_lines "$1" "$2")
  (cd "$device/client" && with_provider as_account bash -euo pipefail -c "$commands")
}

prepare() { install -d -o "$account" "$device/client"; }

authenticate() { as_the_page_says Client "$1"; }

takes_the_key_in_other_forms() {
  local form
  peer_start 1.3
  for form in "Key and certificates in one file" "Key in DER"; do
    page_shows 1.3 client-ec "$(as_the_page_says "$form" client-ec)"
  done
  stop "$peer"
}
