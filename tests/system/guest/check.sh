# Sourced: what the steps have in common.

passed=0
failed=0
export OPENSSL_CONF=/usr/share/edgeseal/openssl.cnf

# check TITLE COMMAND...: one check. What a failed command wrote is shown.
check() {
  local title=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok      $title"
  else
    failed=$((failed + 1))
    echo "FAILED  $title"
    printf '%s\n' "$output" | sed 's/^/        | /'
  fi
}

# equals EXPECTED ACTUAL
equals() {
  [ "$1" = "$2" ] || { echo "expected: $1"; echo "but it is: $2"; return 1; }
}

# refused PATTERN COMMAND...: the command fails, and says why.
refused() {
  local pattern=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "this succeeded: $*"
    return 1
  fi
  grep -qE -- "$pattern" <<<"$output" || { echo "no match for $pattern in:"; echo "$output"; return 1; }
}

# fails COMMAND...
fails() {
  ! "$@" || { echo "this succeeded: $*"; return 1; }
}

# as ACCOUNT COMMAND...
as() {
  local account=$1
  shift
  setpriv --reuid="$account" --regid="$account" --init-groups env HOME=/ "$@"
}

# until_true COMMAND...: at most two minutes: other machines have the same processors
until_true() {
  local deadline=$((SECONDS + 120))
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || { echo "not within 120 s: $*"; return 1; }
    sleep 0.05
  done
}

property() { systemctl show --property="$2" --value "$1"; }
state_of() { systemctl is-active "$1" || :; }
has_ended() { [ "$(state_of "$1")" = inactive ]; }
agent_pid() { property edgeseald.service MainPID; }
# A line of /proc/PID/status
status_of_agent() { sed -n "s/^$1:\t*//p" "/proc/$(agent_pid)/status"; }

# signs KEY [ACCOUNT]: a signature with KEY that the certificate of the application web verifies
signs() {
  local key=$1 account=${2-root} signature
  signature=$(mktemp) || return 1
  as "$account" openssl dgst -sha256 -sign "$key" /etc/hostname >"$signature" &&
    openssl dgst -sha256 -verify /t/web.pub -signature "$signature" /etc/hostname
}

# listens_at PATH: somebody does, on a Unix socket. Its name is there before that.
listens_at() { grep -q " 00010000 .* $1\$" /proc/net/unix; }

version_of() { dpkg-deb --field "$1" Version; }
installed_version() { dpkg-query --show --showformat='${Version}' "$1"; }
# apt_install FILE...: as an administrator does, without a network
apt_install() { apt_get_install "${@/#/./}"; }
# apt_upgrade FILE...: as docs/packaging.md has it, where edgeseal.toml was edited
apt_upgrade() { apt_get_install --option Dpkg::Options::=--force-confold "${@/#/./}"; }
apt_get_install() { DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"; }
