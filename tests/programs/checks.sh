# What the tests of the real agent check with. Sourced after device.sh; a test that has more logs to show defines `fail` anew.

fail() { echo "FAILED: $*"; cat "$device/agent.log"; exit 1; }

# refused PATTERN COMMAND...: fails, with a message that matches.
refused() {
  local pattern=$1
  shift
  ! "$@" >"$device/refusal" 2>&1 || fail "not refused: $*"
  grep -Eq "$pattern" "$device/refusal" || fail "no message like: $pattern; but: $(cat "$device/refusal")"
}

# member NAME[.NAME...]: of the JSON object on the standard input.
member() {
  python3 -c "import functools, json, sys
print(functools.reduce(lambda it, name: it[name], sys.argv[1].split('.'), json.load(sys.stdin)))" "$1"
}

# setup MEMBER: of `edgesealctl setup status`.
setup() { edgesealctl --json setup status | member "$1"; }
in_state() { [ "$(setup state)" = "$1" ]; }

# monitor_bus FILE [RULE...]: what the bus carries from now on goes there, in the form of pcap(5). The 24 octets of its head are
# written before the bus knows of the monitor.
monitors=()
monitor_bus() {
  dbus-monitor --address "$DBUS_SYSTEM_BUS_ADDRESS" --pcap "${@:2}" >"$1" 2>/dev/null &
  processes+=($!)
  monitors+=("$1")
  wait_for "the monitor" eval '[ "$(stat -c %s "${monitors[-1]}")" -gt 24 ]'
}

# Until the monitors have written all that the bus has carried before.
monitors_catch_up() {
  local file
  refused "end.of.test" busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" call org.freedesktop.DBus / org.freedesktop.DBus \
    GetNameOwner s end.of.test
  for file in "${monitors[@]}"; do wait_for "the end of $file" grep -aq "end\.of\.test" "$file"; done
}
