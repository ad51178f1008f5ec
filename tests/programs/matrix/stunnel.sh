# Started as root, it becomes stunnel4 before it serves, and reads its files again as such.
account=stunnel4
server_slot=tls/tls-server
client_slot=tls/tls-client
port=4433
under_load=                             # it closes and opens its port when it reloads
more=(keeps_the_port_that_systemd_holds)
refusal='not permitted'                 # its log has the reasons of OpenSSL's queue, not their texts

# What stands behind the tunnel.
prepare() {
  mkdir "$device/web"
  python3 -m http.server 8080 --bind 127.0.0.1 --directory "$device/web" >/dev/null 2>&1 &
  service=$!
  processes+=("$service")
  wait_for "the service" listens 8080
}

# stunnel_with LINES [COMMAND...]: by the command, which starts it.
stunnel_with() {
  printf '%s\n' "foreground = yes" "pid =" "$1" >"$device/etc/stunnel.conf"
  program_start "${@:2}" stunnel4 "$device/etc/stunnel.conf"
}

serve() { stunnel_with "$(page_lines Server "$1")"; }

authenticate() {
  local port=8081
  stunnel_with "$(page_lines Client "$1")"
  curl --silent --show-error --fail --max-time 60 "http://127.0.0.1:$port/"
  program_stop
}

reload() { kill -HUP "$program"; }

# One below 1024, which stunnel4 could not open again.
keeps_the_port_that_systemd_holds() {
  local port
  port=$(page_lines "A port that stays open" "" | sed -n 's/^ListenStream=//p')
  stunnel_with "$(page_lines Server server-ec | sed "s/^accept = .*/accept = $port/")" \
    systemd-socket-activate --setenv OPENSSL_CONF --listen "$port"
  handshakes_while renew_five_times
  program_stop
}
