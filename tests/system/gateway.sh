# Sourced by run: gateways as their owners have them before the tutorial, on which ./walk follows it. Needs root.sh, machine.sh, $here, $cache and
# the packages in $installed.

# What a machine has beside a container's Debian; and the kernel, which needs no initrd to find its disk.
machine_packages="udev, kmod"
kernel_of_debian=linux-image-cloud-amd64
# What the tutorial installs beside our packages.
tutorial_packages="nginx-light, curl, apparmor"

# in_debian LOWER UPPER COMMAND...: with the network and apt of this machine; what it changes in LOWER is in UPPER/upper afterwards.
in_debian() {
  local lower=$1 upper=$2
  shift 2
  mkdir -p "$upper"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper/upper,workdir=$upper/work" "$upper/root"
  cp --remove-destination /etc/resolv.conf "$upper/root/etc/resolv.conf"
  DEBIAN_FRONTEND=noninteractive chroot "$upper/root" "$@" >"$cache/gateway.log" 2>&1 || { tail -n 20 "$cache/gateway.log" >&2; return 1; }
  umount "$upper/root"
}

# make_machine BASE DIRECTORY: what BASE lacks to boot on a machine of its own.
make_machine() {
  [ ! -d "$2" ] || return 0
  echo "Making Debian with a kernel (once) ..."
  rm -rf "$2.new"
  in_debian "$1" "$2.new" sh -ec '
    apt-get update -o Acquire::Retries=5
    apt-get satisfy -o Acquire::Retries=5 --yes --no-install-recommends "$1"
    cd /tmp
    apt-get download -o Acquire::Retries=5 "$(apt-cache depends --important "$2" | sed -n "s/^ *Depends: //p")"
    dpkg-deb --fsys-tarfile linux-image-*.deb | tar --extract --directory=/ --keep-directory-symlink
    rm linux-image-*.deb
    depmod "$(ls /usr/lib/modules)"' sh "$machine_packages" "$kernel_of_debian"
  mv "$2.new" "$2"
}

# make_mirror MACHINE:BASE DEPENDS DIRECTORY: what apt will want, as DIRECTORY/srv/debian.
make_mirror() {
  [ ! -d "$3" ] || return 0
  echo "Making a mirror for the tutorial (once) ..."
  rm -rf "$3.new" "$3.made"
  in_debian "$1" "$3.new" sh -ec '
    mkdir -p /srv/debian/partial
    apt-get update -o Acquire::Retries=5
    apt-get satisfy -o Acquire::Retries=5 --yes --download-only -o Dir::Cache::archives=/srv/debian "$1"
    rm -r /srv/debian/partial /srv/debian/lock' sh "$2"
  mkdir -p "$3.made/srv" "$3.made/etc/apt"
  mv "$3.new/upper/srv/debian" "$3.made/srv/debian"
  (cd "$3.made/srv/debian" && dpkg-scanpackages --multiversion . >Packages 2>/dev/null)
  echo "deb [trusted=yes] file:/srv/debian ./" >"$3.made/etc/apt/sources.list"
  rm -rf "$3.new"
  mv "$3.made" "$3"
}

# make_prepared LOWER DEPENDS DIRECTORY: with all of that installed, which the emulated processor would take minutes for.
make_prepared() {
  [ ! -d "$3" ] || return 0
  echo "Installing what the tutorial needs from Debian (once) ..."
  rm -rf "$3.new"
  in_debian "$1" "$3.new" sh -ec '
    apt-get update -o Acquire::Retries=5
    apt-get satisfy -o Acquire::Retries=5 --yes --no-install-recommends "$1"
    apt-get clean' sh "$2"
  mv "$3.new" "$3"
}

# make_layers PACKAGE...: sets layers of each kind of gateway, for the overlays of make_gateway.
declare -A layers
make_layers() {
  local suite depends base machine mirror
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  depends=$(depends_of "$@")
  base=$cache/base-$(key_of "$suite" "$base_packages")
  machine=$base-machine-$(key_of "$machine_packages" "$kernel_of_debian")
  mirror=$machine-mirror-$(key_of "$depends" "$tutorial_packages")
  make_base "$suite" "$base"
  make_machine "$base" "$machine"
  make_mirror "$machine/upper:$base" "$depends, $tutorial_packages" "$mirror"
  make_prepared "$machine/upper:$base" "$depends, $tutorial_packages" "$mirror-prepared"
  layers[container]=$mirror:$machine/upper:$base
  layers[emulator]=$mirror:$mirror-prepared/upper:$machine/upper:$base
}

# make_gateway KIND DIRECTORY PACKAGE...: mounts DIRECTORY/root; the packages lie in /root, newer ones in /root/next, nothing of them is installed.
make_gateway() {
  local kind=$1 directory=$2
  shift 2
  mkdir -p "$directory"/{root,upper,work,walk}
  mount -t overlay overlay -o "lowerdir=${layers[$kind]},upperdir=$directory/upper,workdir=$directory/work" "$directory/root"
  rm -rf "$directory/root/var/lib/apt/lists"
  echo gateway >"$directory/root/etc/hostname"
  printf '127.0.0.1 localhost gateway\n::1 localhost\n' >"$directory/root/etc/hosts"
  mkdir -p "$directory/root/etc/systemd/system.conf.d"
  printf '[Manager]\nShowStatus=no\n' >"$directory/root/etc/systemd/system.conf.d/console.conf"
  cp "$@" "$directory/root/root/"
  next_packages "$directory/root/root/next" "$@"
}

# walk_on KIND DIRECTORY: in a network of its own; what it says goes to DIRECTORY/said.
walk_on() {
  unshare --net sh -ec 'ip link set lo up; exec "$@"' sh "$here/walk/walk" "$1" "$2/root" "$2/walk" >"$2/said" 2>&1
}

# start_walks SCRATCH KIND...: beside everything else
start_walks() {
  local scratch=$1 kind
  shift
  for kind; do
    make_gateway "$kind" "$scratch/$kind" "${installed[@]}"
    walk_on "$kind" "$scratch/$kind" &
  done
}

# end_walks SCRATCH KIND...: shows what they said, and adds what they count to that of the boots.
end_walks() {
  local scratch=$1 kind
  shift
  wait
  for kind; do
    echo "-- the tutorial: $kind"
    sed '/^[0-9]* passed, [0-9]* failed$/d' "$scratch/$kind/said"
    sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$scratch/$kind/said" >>"$scratch/host-side/counts"
  done
}
