# Debian's Python; asyncio as server.
account=www-data
server_slot=https/https
client_slot=tls/tls-client
port=8443
refusal='EVP lib'                       # an SSLError has the last error of OpenSSL's queue; ours is the first

# script NAME LINES
script() {
  printf '%s\n' "$2" >"$device/etc/$1.py"
  echo "$device/etc/$1.py"
}

serve() {
  script server "$(page_lines "What it says of a refusal" "")"$'\n'"$(page_lines Server "$1")" >/dev/null
  program_start "${becoming[@]}" PYTHONASYNCIODEBUG=1 /usr/bin/python3 "$device/etc/server.py"
}
reload() { kill -HUP "$program"; }
authenticate() { with_provider as_account /usr/bin/python3 "$(script client "$(page_lines Client "$1")")"; }
