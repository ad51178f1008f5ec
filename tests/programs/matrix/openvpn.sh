# Started as root, it uses its key as another account. What is looked at is TLS: there is no tunnel (dev null).
account=daemon
server_slot=tls/tls-server
client_slot=tls/tls-client
port=1194

# vpn NAME LINE...: a configuration without a tunnel.
vpn() { printf '%s\n' "dev null" "verb 3" "connect-retry 1" "hand-window 15" "${@:2}" >"$device/etc/$1.conf"; }

section() { page_lines "$1" "$2" | sed "s|^user openvpn|user $account|"; }

# plain NAME: with a key in a file.
plain() { printf '%s\n' "ca $device/plant/ca.pem" "cert $device/plant/$1.pem" "key $device/plant/$1.key"; }

only_version() { printf 'tls-version-%s %s\n' min "$1" max "$1"; }

serve() {
  vpn server "proto tcp-server" "port $port" "$(section Server "$1")"
  program_start openvpn --config "$device/etc/server.conf"
}

# session COMMAND...: an OpenVPN until it is connected or has ended; prints what it says, and succeeds where it is connected.
session() {
  local process is_up="grep -q 'Initialization Sequence Completed' '$device/session'"
  : >"$device/session" # of the one before
  "$@" >"$device/session" 2>&1 </dev/null &
  process=$!
  wait_for "a session" eval "$is_up || ! kill -0 $process"
  kill "$process" 2>/dev/null || :
  wait "$process" || :
  tr -d '\0' <"$device/session"
  eval "$is_up"
}

handshake() {
  vpn visitor "proto tcp-client" "remote gateway.example.com $port" "tls-client" "tls-exit" "connect-retry-max 3" "$(plain visitor)" "$(only_version "$1")" "${@:2}"
  session openvpn --config "$device/etc/visitor.conf"
}

# expect_handshake VERSION APPLICATION [LINE...]
expect_handshake() {
  handshake "$1" "${@:3}" >"$device/handshake" 2>&1 || fail "no TLS $1 session with the key of $2"
  grep -q "Control Channel: TLSv$1" "$device/handshake" || fail "not TLS $1"
  grep -q "VERIFY OK: depth=0, CN=$2$" "$device/handshake" || fail "not the certificate of $2"
  passed "server, TLS $1, $2${3:+, ${*:3}}"
}

expect_handshake_of_old_peer() { expect_handshake 1.2 "$1" "tls-cipher TLS-RSA-WITH-AES-128-GCM-SHA256:TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256"; }

peer_start() {
  vpn peer "proto tcp-server" "port 8443" "tls-server" "dh none" "$(plain backend)" "$(only_version "$1")"
  openvpn --config "$device/etc/peer.conf" >"$device/peer.log" 2>&1 </dev/null &
  peer=$!
  processes+=("$peer")
  wait_for "the peer" listens 8443
}

authenticate() {
  vpn client "proto tcp-client" "remote backend.example.com 8443" "tls-exit" "$(section Client "$1")"
  session with_provider openvpn --config "$device/etc/client.conf"
}

page_shows() {
  grep -q "Control Channel: TLSv$1" <<<"$3" || fail "not TLS $1"
  grep -q "VERIFY OK: depth=0, CN=$2$" "$device/peer.log" || fail "not known as $2"
}
