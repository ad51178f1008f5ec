# Sourced by the checks of built packages. They run in the root of the work tree.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }

debs() { ls out/deb/{edgeseal,edgeseal-enroll,openssl-provider-edgeseal,libedgeseal-dev,edgeseal-doc}_*.deb; }
rpms() { ls out/rpm/*.rpm; }
# extract_debs DIRECTORY: each below its own name
extract_debs() {
  local deb
  mkdir -p "$1"
  for deb in $(debs); do dpkg-deb --extract "$deb" "$1/$(dpkg-deb --field "$deb" Package)"; done
}
# extract_rpm RPM DIRECTORY
extract_rpm() { mkdir -p "$2" && rpm2archive - <"$1" | tar --extract --gzip --directory="$2"; }
# programs_in DIRECTORY: every program and module
programs_in() { find "$1" -type f -exec sh -c 'head -c 4 "$1" | grep -q "^.ELF"' sh {} \; -print | sort; }
