# Sourced: programs that use keys without a pause. A TLS server with the managed key is shaken hands with, and a new
# process signs with the key, again and again, until load_stop; each writes a line per try.

handshake() {
  openssl s_client -unix /run/load/tls.sock -CAfile /t/ca.pem -verify_return_error -brief </dev/null
}

# repeat NAME COMMAND...
repeat() {
  local name=$1 output
  shift
  while [ ! -e /run/load/stop ]; do
    if output=$("$@" 2>&1); then echo ok; else printf 'failed: %s\n' "${output//$'\n'/ | }"; fi
  done >"/run/load/$name"
}

load_start() {
  rm -rf /run/load
  install -d -o web /run/load
  touch /run/load/{handshakes,signatures}
  as web openssl s_server -unix /run/load/tls.sock -cert "$published/fullchain.pem" -key "$key_reference" -quiet >/run/load/server 2>&1 &
  server=$!
  until_true listens_at /run/load/tls.sock
  repeat handshakes handshake &
  handshakes=$!
  repeat signatures signs edgeseal:web web &
  signatures=$!
  progress 5
}

count() { grep -c "$2" "/run/load/$1"; }

# progress N: waits until each loop has had N more successes.
progress() {
  local handshakes_goal=$(($(count handshakes '^ok') + $1)) signatures_goal=$(($(count signatures '^ok') + $1))
  until_true reached
}
reached() {
  [ "$(count handshakes '^ok')" -ge "$handshakes_goal" ] && [ "$(count signatures '^ok')" -ge "$signatures_goal" ]
}

load_stop() {
  touch /run/load/stop
  wait "$handshakes" "$signatures"
  pkill --parent "$server" # the shell that runs it ends with it
  wait "$server"
}

# load_unharmed TITLE
load_unharmed() {
  for name in handshakes signatures; do
    echo "        $name meanwhile: $(count "$name" '^ok') ok, $(count "$name" '^failed') failed"
    check "$1: no failed ${name%s}" equals "" "$(grep -m 3 '^failed' "/run/load/$name")"
  done
}
