# Enrolment on the gateway of device.sh: edgeseal-enroll, and authorities, processes of their own on the loopback interface: the
# EST server of the tests (tests/enroll/est_server) and the CMP server of openssl. Sourced after device.sh.

enroll_start() {
  "$build/enroll/edgeseal-enroll" --provider-directory "$build/provider" --key-socket "$device/run/keys.sock" 2>>"$device/enroll.log" &
  enroll=$!
  processes+=("$enroll")
}

enroll_is_there() {
  busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetNameOwner s org.edgeseal.Enroll1
}

# est_start: what the server writes for its clients, and of them, is in $device/est; its root is that of the plant.
est_start() {
  local server
  server=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../enroll/est_server
  mkdir -p "$device/est"
  mkfifo "$device/est/commands"
  "$server" "$device/est" <"$device/est/commands" >"$device/est/answers" 2>"$device/est/log" &
  est=$!
  processes+=("$est")
  exec {est_commands}>"$device/est/commands"
  wait_for "the EST server" test -s "$device/est/answers" || { cat "$device/est/log"; return 1; }
  cp "$device/est/root.pem" "$device/plant/ca.pem"
}

# est_url [ENDPOINT]: the server has several, which differ in their certificates.
est_url() { head -n 1 "$device/est/answers" | python3 -c "import json, sys; print(json.load(sys.stdin)['urls']['${1:-good}'])"; }

# est_tell COMMAND: one JSON object; prints the answer.
est_tell() {
  local before
  before=$(wc -l <"$device/est/answers")
  printf '%s\n' "$1" >&"$est_commands"
  wait_for "an answer of the EST server" eval "[ \"\$(wc -l <'$device/est/answers')\" -gt $before ]"
  tail -n 1 "$device/est/answers"
}

# est_password USER SECRET [USES]
est_password() { est_tell "{\"do\": \"password\", \"user\": \"$1\", \"secret\": \"$2\", \"uses\": ${3:-1}}" >/dev/null; }

# est_requests EXPRESSION: of each request since the last time, `it`, a line.
est_requests() {
  est_tell '{"do": "seen"}' | python3 -c "import json, sys
for endpoint in json.load(sys.stdin).values():
    for it in endpoint['requests']: print($1)"
}

# cmp_start CERTIFICATE [OPTION...]: a CMP server that issues that certificate, with the CA of the plant; sets cmp_url.
cmp_start() {
  : >"$device/cmp_server.log" # of the one before
  openssl cmp -config "" -verbosity 7 -port 0 -srv_cert "$device/plant/ca.pem" -srv_key "$device/plant/ca.key" \
    -srv_trusted "$device/plant/ca.pem" -rsp_cert "$@" >"$device/cmp_server.log" 2>&1 &
  cmp=$!
  processes+=("$cmp")
  wait_for "the CMP server" grep -q '^ACCEPT' "$device/cmp_server.log"
  cmp_url=http://127.0.0.1:$(sed -n 's/^ACCEPT .*:\([0-9]*\) .*/\1/p' "$device/cmp_server.log")/pkix/
}

# profile NAME: an enrolment profile from the standard input, for the next start of the agent.
profile() {
  mkdir -p "$device/etc/enrolment.d"
  cat >"$device/etc/enrolment.d/$1.toml"
}

# job FIELD [NUMBER]: of a job; the newest is meant.
job() { edgesealctl --json job list | python3 -c "import json, sys
all = sorted(json.load(sys.stdin), key=lambda it: it['job'])
print(next(it for it in reversed(all) if '${2-}' in ('', str(it['job'])))['$1'])"; }
job_is() { [ "$(job state)" = "$1" ]; }
