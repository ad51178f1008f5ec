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
