# Sourced by run: the booted machine. Needs $here.

# with_version PACKAGE VERSION OUTPUT: the same package, newer.
with_version() {
  local tree
  tree=$(mktemp -d --tmpdir="$scratch")
  dpkg-deb --raw-extract "$1" "$tree"
  sed -i "s/^Version: .*/Version: $2/" "$tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone --build "$tree" "$3" >/dev/null
  rm -rf "$tree"
}

# put_checks PACKAGE ROOT: /t in the guest has the checks, the packages and an EST server; a unit runs them at each boot, and the machine
# ends with its exit status. The journal of all boots is kept.
put_checks() {
  mkdir -p "$2/t" "$2/var/log/journal"
  cp -r "$here/guest/." "$2/t/"
  mkdir "$2/t/enroll"
  cp -r "$here/../enroll/est_server" "$here/../enroll/server" "$2/t/enroll/"
  cp "$1" "$2/t/edgeseal.deb"
  with_version "$1" "$(dpkg-deb --field "$1" Version)+next" "$2/t/edgeseal-next.deb"
  cat >"$2/etc/systemd/system/edgeseal-checks.service" <<'UNIT'
[Unit]
After=multi-user.target
SuccessAction=exit
FailureAction=exit
[Service]
Type=exec
RuntimeMaxSec=1200
Environment=HOME=/root LC_ALL=C.UTF-8
WorkingDirectory=/t
ExecStart=/t/run
StandardOutput=file:/run/host-side/output
StandardError=inherit
UNIT
  mkdir -p "$2/etc/systemd/system/multi-user.target.wants"
  ln -s ../edgeseal-checks.service "$2/etc/systemd/system/multi-user.target.wants/"
}

# start_tpm DIRECTORY: a TPM at DIRECTORY/tpm.sock that remembers what it did; ends with this script.
start_tpm() {
  mkdir -p "$1/state"
  swtpm socket --tpm2 --tpmstate "dir=$1/state" --flags not-need-init,startup-clear --daemon \
    --server "type=unixio,path=$1/tpm.sock,mode=0666" --ctrl "type=unixio,path=$1/tpm.sock.ctrl,mode=0666" --pid "file=$1/pid"
}
stop_tpm() {
  local tpm
  tpm=$(cat "$1/pid")
  swtpm_ioctl -s --unix "$1/tpm.sock.ctrl"
  tail --pid="$tpm" --follow /dev/null
}

# boot SCRATCH NUMBER: runs the machine, with its TPM, to its end and gives back the exit status of the checks.
boot() {
  local status=0
  start_tpm "$1/tpm"
  mkdir -p "$1/host-side"
  echo "$2" >"$1/host-side/boot"
  rm -f "$1/host-side/output"
  mkfifo "$1/host-side/output"
  cat "$1/host-side/output" &
  local reader=$!
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 1500 \
    systemd-nspawn --quiet --boot --directory="$1/root" --machine="edgeseal-test" --register=no --keep-unit \
    --private-network --capability=all --system-call-filter=@known --console=pipe \
    --bind="$1/tpm:/run/tpm" --bind="$1/host-side:/run/host-side" </dev/null >"$1/console.$2" 2>&1 || status=$?
  wait "$reader"
  stop_tpm "$1/tpm"
  return "$status"
}

# sum_up SCRATCH BOOTS: fails where a check failed, or a boot did not come to its end.
sum_up() {
  awk -v boots="$2" '{ passed += $1; failed += $2 } END { print passed + 0, "passed,", failed + (boots - NR), "failed"; exit failed + (boots - NR) > 0 }' \
    "$1/host-side/counts"
}
