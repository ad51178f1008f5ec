# What matrix_test does with every program; see there. The protections cross: keys of servers are EC in the TPM and RSA sealed,
# those of clients the other way.

copies=()

fail() {
  echo "FAILED: $name: $*"
  exit 1
}
passed() { printf '[%2d s] %s: %s\n' "$SECONDS" "$name" "$*"; }

matrix_start() {
  ip link set lo up
  become_account
  device_start "$build_directory"
  trap matrix_stop EXIT
  printf '127.0.0.1 localhost %s gateway.example.com backend.example.com\n' "$(hostname)" >"$device/etc/hosts"
  mount --bind "$device/etc/hosts" /etc/hosts
  mount -t tmpfs tmpfs /run
  mkdir /run/edgeseal
  mount --bind "$device/run" /run/edgeseal
  sed -i "s|^socket = .*|socket = /run/edgeseal/keys.sock|" "$OPENSSL_CONF_EDGESEAL"
  hold_socket
  agent_start
  ca_create
  for plain in backend visitor; do plain_certificate "$plain"; done
  if [ "$(type -t prepare)" = function ]; then prepare; fi
  install -o "$account" /dev/null "$device/program.log"
}

matrix_stop() {
  local status=$? copy
  [ "$status" = 0 ] || tail -n 20 "$device"/{handshake,agent.log,peer.log,program.log} 2>/dev/null || :
  for copy in "${copies[@]}"; do umount --recursive --lazy "$copy"; done
  device_stop
}

# plain_certificate NAME: a key in a file and its certificate, $device/plant/NAME.{key,pem}, for the peers of the program.
plain_certificate() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$device/plant/$1.key" -out "$device/plant/$1.csr" \
    -subj "/CN=$1" -addext "subjectAltName=DNS:$1.example.com" 2>>"$device/plant/log"
  ca_sign "$device/plant/$1.csr" "$device/plant/$1.pem"
}

# application APPLICATION SLOT KEY ACCOUNT: with a certificate for gateway.example.com, whose subject is the application.
application() {
  edgesealctl application create "$1" --access "user=$4" --slot "$2=$3" >/dev/null
  certify "$1" --subject "CN=$1" --dns gateway.example.com
}

group_of() { case $1 in client-*) echo "${client_slot%/*}" ;; *) echo "${server_slot%/*}" ;; esac; }

# Where the program finds certificates and key reference of an application. The stranger has a copy that it may read, as a
# thief of files has.
directory_of() {
  case $1 in
    *stranger) echo "$device/copy" ;;
    *) published "$1" "$(group_of "$1")" ;;
  esac
}

# page_lines SECTION APPLICATION: the first code block below "## SECTION" of the program's page, with the paths of this device.
page_lines() {
  local lines
  lines=$(awk -v title="## $1" '
    $0 == title { in_section = 1; next }
    in_section && /^## / { exit }
    in_section && /^```/ { if (in_block) exit; in_block = 1; next }
    in_block' "$here/../../docs/programs/$name.md")
  [ -n "$lines" ] || fail "docs/programs/$name.md has no lines for $1"
  sed -E "s|/var/lib/edgeseal/pki/[a-z0-9-]+/[a-z-]+|$(directory_of "$2")|g; s|/etc/ssl/plant-ca.pem|$device/plant/ca.pem|g" <<<"$lines"
}

# --- the program

# own_copy DIRECTORY: lets the test write where Debian's package has its files; nobody else sees it.
own_copy() {
  mkdir -p "$device/copies${1%/*}"
  cp -a "$1" "$device/copies$1"
  mount --bind "$device/copies$1" "$1"
  copies+=("$1")
}

# What goes before a command that the account runs.
become_account() { becoming=(setpriv --reuid "$account" --regid "$(id -g "$account")" --init-groups env HOME=/nonexistent); }
as_account() { "${becoming[@]}" "$@"; }
listens() { ss --no-header --listening --tcp --numeric "sport = :$1" | grep -q .; }

# program_start COMMAND...: with the provider; what it says is in $device/program.log; it is up when it listens at $port.
program_start() {
  OPENSSL_CONF=$OPENSSL_CONF_EDGESEAL "$@" >>"$device/program.log" 2>&1 </dev/null &
  program=$!
  processes+=("$program")
  wait_for "$1 to listen or to end" eval 'listens "$port" || ! kill -0 "$program"'
  listens "$port" || fail "$1 has ended"
}

program_stop() {
  stop "$program"
  wait_for "the port" eval '! listens "$port"'
}

# --- the program as server

# handshake VERSION [OPTION...]: openssl's own client, without the provider, verifies the server by the plant's CA and its name.
handshake() {
  timeout 60 openssl s_client -connect "gateway.example.com:$port" "-tls${1/./_}" -CAfile "$device/plant/ca.pem" \
    -verify_return_error -verify_hostname gateway.example.com "${client_options[@]}" "${@:2}" </dev/null
}

# shown_serial TEXT-WITH-PEM: the serial number of the first certificate in it.
shown_serial() { openssl x509 -noout -serial <<<"$1" | cut -d= -f2; }

# expect_handshake VERSION APPLICATION [OPTION...]
expect_handshake() {
  handshake "$1" "${@:3}" >"$device/handshake" 2>&1 || fail "no TLS $1 handshake with the key of $2"
  grep -q "^New, TLSv$1, " "$device/handshake" || fail "not TLS $1"
  [ "$(shown_serial "$(<"$device/handshake")")" = "$(serial_of "$device/plant/$2.pem")" ] || fail "not the certificate of $2"
  passed "server, TLS $1, $2, $(sed -n 's/^Peer signature type: /signed by /p' "$device/handshake")${3:+, ${*:3}}"
}

# Old peers name key exchange by RSA first though they have ECDHE; who takes the first that a peer names must not offer it.
expect_handshake_of_old_peer() { expect_handshake 1.2 "$1" -cipher AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256; }

server_matrix() {
  local application
  application server-ec "$server_slot" ec-p256 "$account"
  application server-rsa "$server_slot" rsa-2048,sealed "$account"
  for application in server-ec server-rsa; do
    serve "$application"
    expect_handshake 1.2 "$application"
    expect_handshake 1.3 "$application"
    [ "$application" = server-ec ] || expect_handshake_of_old_peer "$application"
    program_stop
  done
}

# --- the program as client

# peer_start VERSION: openssl's own server demands a certificate of the plant's CA and shows it to the client, as a page.
peer_start() {
  openssl s_server -accept 8443 -www "-tls${1/./_}" -cert "$device/plant/backend.pem" -key "$device/plant/backend.key" \
    -CAfile "$device/plant/ca.pem" -Verify 2 -verify_return_error >"$device/peer.log" 2>&1 </dev/null &
  peer=$!
  processes+=("$peer")
  wait_for "the peer" listens 8443
}

# page_shows VERSION APPLICATION PAGE: what the peer saw of the client, and the client got to read.
page_shows() {
  grep -q "Protocol *: TLSv$1" <<<"$3" || fail "not TLS $1: $3"
  [ "$(shown_serial "$3")" = "$(serial_of "$device/plant/$2.pem")" ] || fail "not the certificate of $2: $3"
}

# expect_authentication VERSION APPLICATION
expect_authentication() {
  local page
  peer_start "$1"
  page=$(authenticate "$2") || fail "no page over TLS $1 with the key of $2: $page"
  page_shows "$1" "$2" "$page"
  stop "$peer"
  passed "client, TLS $1, $2"
}

client_matrix() {
  local application
  application client-ec "$client_slot" ec-p256,sealed "$account"
  application client-rsa "$client_slot" rsa-2048 "$account"
  for application in client-ec client-rsa; do
    expect_authentication 1.2 "$application"
    expect_authentication 1.3 "$application"
  done
}

# --- what must not work

refused_without_a_rule() {
  local side=server
  [ -n "$server_slot" ] || side=client
  local application=$side-stranger slot=${side}_slot try
  application "$application" "${!slot}" ec-p256 nobody
  cp -r --no-preserve=mode "$(published "$application" "$(group_of "$application")")" "$device/copy"
  : >"$device/program.log"
  if [ "$side" = server ]; then
    serve "$application"
    for try in 1 2 3; do # on a loaded machine a peer may give up before the program has tried its key
      ! handshake 1.3 >"$device/handshake" 2>&1 || fail "a handshake by an account that no rule names"
      ! grep -q "$refusal" "$device/program.log" || break
    done
    program_stop
  else
    peer_start 1.3
    ! authenticate "$application" >>"$device/program.log" 2>&1 || fail "a page for an account that no rule names"
    stop "$peer"
  fi
  grep -q "$refusal" "$device/program.log" || fail "the reason is not told"
  grep -q "uid $(id -u "$account") may not use the key $application/" "$device/agent.log" || fail "another account"
  passed "refused without a rule: $(grep -om1 "$refusal[^;]*" "$device/program.log")"
}

# --- renewal

renew_five_times() {
  local i
  for i in 1 2 3 4 5; do
    certify server-ec --new-key
    reload
    wait_for "renewal $i" shows_renewed
  done
}

shows_renewed() { [ "$(shown_serial "$(handshake 1.3 2>/dev/null)")" = "$(serial_of "$device/plant/server-ec.pem")" ]; }

renewed() {
  serve server-ec
  if [ -n "$under_load" ]; then handshakes_while renew_five_times; else renew_five_times; fi
  program_stop
  passed "renewed with a new key five times"
}

# handshakes_while FUNCTION: handshakes in two loops until the function, which makes changes, returns; none may fail.
handshakes_while() {
  local loop loops=()
  rm -f "$device/run/failed"
  : >"$device/run/done"
  touch "$device/run/load"
  for loop in 1 2; do
    handshake_loop &
    loops+=($!)
  done
  five_handshakes_more
  "$1"
  five_handshakes_more
  rm "$device/run/load"
  for loop in "${loops[@]}"; do wait "$loop" || fail "a handshake failed: $(cat "$device/run/failed")"; done
  passed "$(wc -l <"$device/run/done") handshakes meanwhile, none failed"
}

# The changes wait for it, so that none is made without load.
five_handshakes_more() {
  local before
  before=$(wc -l <"$device/run/done")
  wait_for "handshakes" eval '[ -e "$device/run/failed" ] || [ "$(wc -l <"$device/run/done")" -ge $((before + 5)) ]'
}

handshake_loop() {
  local answer
  while [ -e "$device/run/load" ]; do
    answer=$(handshake 1.3 2>&1) || { echo "$answer" >>"$device/run/failed"; return 1; }
    echo >>"$device/run/done"
  done
}
