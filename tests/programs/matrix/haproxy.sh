# Master and worker by Debian's own configuration: the worker is user haproxy in the chroot /var/lib/haproxy.
account=haproxy
server_slot=https/https
client_slot=tls/tls-client
refusal='not permitted'                 # its log has the reasons of OpenSSL's queue, not their texts
more=(demands_client_certificates misses_the_socket_in_its_chroot serves_without_a_chroot)

prepare() {
  mkdir /run/haproxy
  own_copy /etc/haproxy
  own_copy /var/lib/haproxy
  mkdir -p /var/lib/haproxy/run/edgeseal
  bind_paths
}

# What the drop-in of the page does.
bind_paths() {
  local paths
  paths=$(page_lines "The socket in the chroot" "" | sed -n 's/^BindReadOnlyPaths=-//p')
  mount --bind "${paths%:*}" "${paths#*:}"
  mount -o remount,bind,ro "${paths#*:}"
}

# haproxy_with LINE...: Debian's configuration and these lines.
haproxy_with() {
  {
    printf 'global\n  log stdout format raw daemon\ndefaults\n  log global\n  mode http\n'
    printf '  timeout connect 60s\n  timeout client 60s\n  timeout server 60s\n'
    page_lines "What it says of a refusal" ""
    printf '%s\n' "$@"
  } >"$device/etc/web.cfg"
  program_start haproxy -Ws -f /etc/haproxy/haproxy.cfg -f "$device/etc/web.cfg"
}

serve() {
  haproxy_with "$(page_lines Server "$1")" '  http-request return status 200'
}

authenticate() {
  haproxy_with "frontend relay" "  bind :$port" "  default_backend plant" "$(page_lines Client "$1")"
  curl --silent --show-error --fail --max-time 60 "http://gateway.example.com:$port/"
  program_stop
}

reload() { kill -USR2 "$program"; }

demands_client_certificates() {
  haproxy_with "$(page_lines "Server that demands client certificates" server-ec)" '  http-request return status 200'
  ! request || fail "a client without a certificate got in"
  request --cert "$device/plant/visitor.pem" --key "$device/plant/visitor.key" || fail "the visitor did not get in"
  program_stop
}

request() {
  curl --silent --show-error --fail --max-time 60 --cacert "$device/plant/ca.pem" "$@" https://gateway.example.com/ >>"$device/handshake" 2>&1
}

misses_the_socket_in_its_chroot() {
  umount /var/lib/haproxy/run/edgeseal
  serve server-ec
  ! handshake 1.3 >"$device/handshake" 2>&1 || fail "a handshake without the socket"
  wait_for "the reason" grep -q "agent not reachable" "$device/program.log" || fail "the reason is not told"
  program_stop
}

serves_without_a_chroot() {
  sed -i '/^\s*chroot /d' /etc/haproxy/haproxy.cfg
  serve server-ec
  expect_handshake 1.3 server-ec
  program_stop
}
