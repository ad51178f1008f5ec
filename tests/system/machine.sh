# Sourced by run: the booted machine. Needs $here.

# next_packages DIRECTORY PACKAGE...: the same packages, newer; edgeseal.toml is another one.
next_packages() {
  local directory=$1 package tree old new
  shift
  mkdir -p "$directory"
  tree=$(mktemp -d --tmpdir="$scratch")
  for package; do
    old=$(dpkg-deb --field "$package" Version)
    new=$old+next
    dpkg-deb --raw-extract "$package" "$tree/tree"
    sed -i "s/^Version: .*/Version: $new/; s/(= $old)/(= $new)/g" "$tree/tree/DEBIAN/control"
    [ ! -e "$tree/tree/etc/edgeseal/edgeseal.toml" ] || echo "# As of $new" >>"$tree/tree/etc/edgeseal/edgeseal.toml"
    sed -i "s/^shipped=.*/shipped=$({ cat "$here/../../policy/edgeseal.toml"; echo "# As of $new"; } | md5sum | cut -d' ' -f1)/" "$tree/tree/DEBIAN/preinst"
    dpkg-deb --root-owner-group -Znone --build "$tree/tree" "$directory" >/dev/null
    rm -rf "$tree/tree"
  done
  rmdir "$tree"
}

# first_package DIRECTORY PACKAGE...: the first release, one package 0.1.0. What dpkg and systemd knew of it is its own, see first_release/README.md.
# Its programs are those of today; the state that they leave is put back to what the first release wrote, see guest/earlier_state.py.
first_package() {
  local directory=$1 package tree
  shift
  mkdir -p "$directory"
  tree=$(mktemp -d --tmpdir="$scratch")
  for package; do
    case $package in */edgeseal-enroll_*) ;; *) dpkg-deb --extract "$package" "$tree/tree" ;; esac
  done
  rm -r "$tree"/tree/{etc,lib,usr/lib/sysusers.d,usr/lib/tmpfiles.d}
  cp -r "$here/first_release/tree/." "$tree/tree"
  mkdir "$tree/tree/etc/edgeseal/applications.d"
  chmod -R u=rwX,go=rX "$tree/tree"
  dpkg-deb --root-owner-group -Znone --build "$tree/tree" "$directory" >/dev/null
  rm -rf "$tree"
}

# put_checks ROOT PACKAGE...: /t in the guest has the checks, the packages and an EST server; a unit runs them at each boot, and the machine
# ends with its exit status. The journal of all boots is kept.
put_checks() {
  local root=$1
  shift
  mkdir -p "$root/t" "$root/var/log/journal"
  cp -r "$here/guest/." "$root/t/"
  mkdir "$root/t/enroll" "$root/t/packages"
  cp -r "$here/../enroll/est_server" "$here/../enroll/server" "$root/t/enroll/"
  cp "$@" "$root/t/packages/"
  next_packages "$root/t/next" "$@"
  first_package "$root/t/first" "$@"
  cp "$here/../../agent/state/state_schema.cpp" "$here/../../docs/dbus.md" "$root/t/"
  mkdir "$root/t/source"
  cp "${1%/*}"/edgeseal_*.{dsc,tar.xz} "$root/t/source/"
  cat >"$root/etc/systemd/system/edgeseal-checks.service" <<'UNIT'
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
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -s ../edgeseal-checks.service "$root/etc/systemd/system/multi-user.target.wants/"
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
nspawn_options=()
boot() {
  local status=0 reader machine output
  start_tpm "$1/tpm"
  mkdir -p "$1/host-side"
  echo "$2" >"$1/host-side/boot"
  rm -f "$1/host-side/output"
  mkfifo "$1/host-side/output"
  # Both ends are open, so that the reader ends with a machine that never opened its own.
  exec {machine}<>"$1/host-side/output" {output}<"$1/host-side/output"
  cat <&"$output" {machine}>&- &
  reader=$!
  exec {output}<&-
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 1500 \
    systemd-nspawn --quiet --boot --directory="$1/root" --machine="edgeseal-test" --register=no --keep-unit \
    --private-network --capability=all --system-call-filter=@known --console=pipe \
    --bind="$1/tpm:/run/tpm" --bind="$1/host-side:/run/host-side" "${nspawn_options[@]}" </dev/null >"$1/console.$2" 2>&1 || status=$?
  exec {machine}>&-
  wait "$reader"
  stop_tpm "$1/tpm"
  return "$status"
}

# sum_up SCRATCH BOOTS: fails where a check failed, or a boot did not come to its end.
sum_up() {
  awk -v boots="$2" '{ passed += $1; failed += $2 } END { print passed + 0, "passed,", failed + (boots - NR), "failed"; exit failed + (boots - NR) > 0 }' \
    "$1/host-side/counts"
}
