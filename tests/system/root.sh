# Sourced by run: root file systems. Needs $cache.

# debootstrap knows no alternatives: libpam-systemd is the logind that polkitd asks for.
base_packages=systemd,systemd-sysv,libpam-systemd,dbus,openssl,polkitd,procps
test_packages="acl, tpm2-tools, nginx-light, curl, mosquitto, haproxy, python3-cryptography, python3-dbus, e2fsprogs, swtpm, swtpm-tools"
test_packages+=", autopkgtest, dpkg-dev" # which run the test of the source package

key_of() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }

# mirror_of SUITE: where this machine's apt has it from.
mirror_of() {
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' "Created-By: Packages" | awk -v suite="$1" '$1 == suite { print $2; exit }'
}

# make_base SUITE DIRECTORY: Debian with the packages above.
make_base() {
  [ ! -d "$2" ] || return 0
  echo "Making the base root file system $2 (once) ..."
  rm -rf "$2.new"
  debootstrap --variant=minbase --include="$base_packages" "$1" "$2.new" "$(mirror_of "$1")" >"$cache/debootstrap.log" 2>&1 ||
    { tail -n 20 "$cache/debootstrap.log" >&2; return 1; }
  : >"$2.new/etc/machine-id"
  rm -f "$2.new"/var/cache/apt/archives/*.deb
  for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim; do
    ln -s /dev/null "$2.new/etc/systemd/system/$timer.timer"
  done
  mv "$2.new" "$2"
}

# make_layer BASE DEPENDS DIRECTORY: what DEPENDS adds to BASE, as the upper directory of an overlay.
make_layer() {
  [ ! -d "$3" ] || return 0
  echo "Installing the dependencies of the package (once) ..."
  rm -rf "$3.new"
  mkdir -p "$3.new"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$3.new/upper,workdir=$3.new/work" "$3.new/root"
  cp --remove-destination /etc/resolv.conf "$3.new/root/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$3.new/root/usr/sbin/policy-rc.d"
  chmod 755 "$3.new/root/usr/sbin/policy-rc.d"
  DEBIAN_FRONTEND=noninteractive chroot "$3.new/root" sh -ec '
    apt-get update -o Acquire::Retries=5
    apt-get satisfy -o Acquire::Retries=5 --yes --no-install-recommends "$1, $2"
    apt-get clean
    rm /usr/sbin/policy-rc.d' sh "$2" "$test_packages" >"$cache/dependencies.log" 2>&1 ||
    { tail -n 20 "$cache/dependencies.log" >&2; return 1; }
  umount "$3.new/root"
  mv "$3.new" "$3"
}

# depends_of PACKAGE...: what they need that is none of themselves
depends_of() {
  local package own
  own=$(for package; do dpkg-deb --field "$package" Package; done)
  for package; do dpkg-deb --field "$package" Depends; done | sed 's/, /\n/g' |
    awk -v own="$own" 'BEGIN { split(own, names, "\n"); for (i in names) is_own[names[i]] } !($1 in is_own)' | sort -u | paste -sd,
}

# make_root DIRECTORY PACKAGE...: mounts a throw-away root with the dependencies of the packages installed, themselves not.
make_root() {
  local directory=$1 suite depends base layer
  shift
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  depends=$(depends_of "$@")
  base=$cache/base-$(key_of "$suite" "$base_packages")
  layer=$base-$(key_of "$depends" "$test_packages")
  make_base "$suite" "$base"
  make_layer "$base" "$depends" "$layer"
  mkdir -p "$directory" "$directory.upper" "$directory.work"
  mount -t overlay overlay -o "lowerdir=$layer/upper:$base,upperdir=$directory.upper,workdir=$directory.work" "$directory"
}
