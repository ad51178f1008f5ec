# Started as root, it becomes stunnel4 before it serves, and reads its files again as such.
account=stunnel4
server_slot=tls/tls-server
client_slot=tls/tls-client
port=4433
under_load=                             # it closes and opens its port when it reloads
refusal='not permitted'                 # its log has the reasons of OpenSSL's queue, not their texts

# What stands behind the tunnel.
prepare() {
  mkdir "$device/web"
  python3 -m http.server 8080 --bind 127.0.0.1 --directory "$device/web" >/dev/null 2>&1 &
  service=$!
  processes+=("$service")
  wait_for "the service" listens 8080
}

# stunnel_with LINES
stunnel_with() {
  printf '%s\n' "foreground = yes" "pid =" "$1" >"$device/etc/stunnel.conf"
  program_start stunnel4 "$device/etc/stunnel.conf"
}

serve() { stunnel_with "$(page_lines Server "$1")"; }

authenticate() {
  local port=8081
  stunnel_with "$(page_lines Client "$1")"
  curl --silent --show-error --fail --max-time 10 "http://127.0.0.1:$port/"
  program_stop
}

reload() { kill -HUP "$program"; }
