# Programs of node-opcua, with what npm downloads for them once. Sourced after device.sh, with `here` the directory of the tests.

account=www-data
# become COMMAND...: in place of this shell, as the account and with the provider.
become() {
  OPENSSL_CONF=$OPENSSL_CONF_EDGESEAL NODE_OPTIONS=--openssl-shared-config HOME=/nonexistent \
    exec setpriv --reuid "$account" --regid "$(id -g "$account")" --init-groups "$@"
}

# modules_of PACKAGE: prints the directory of what its package-lock.json names.
modules_of() { echo "/var/cache/edgeseal-tests/opcua-$1-$(sha256sum <"$here/opcua/$1/package-lock.json" | cut -c 1-16)"; }

# download PACKAGE: once; others wait meanwhile.
download() {
  local modules
  modules=$(modules_of "$1")
  mkdir -p "${modules%/*}"
  (
    flock 9
    [ ! -d "$modules" ] || exit 0
    rm -rf "$modules.new"
    mkdir "$modules.new"
    cp "$here/opcua/$1"/package*.json "$modules.new"
    npm ci --prefix "$modules.new" --ignore-scripts --no-audit --no-fund
    mv "$modules.new" "$modules"
  ) 9>"$modules.lock"
}

# program_of PROGRAM [PACKAGE]: its source beside the modules of a package, which is itself where none is named, below $device.
program_of() {
  mkdir "$device/$1"
  cp "$here"/opcua/*.mjs "$device"
  cp "$here/opcua/$1"/*.mjs "$device/$1"
  ln -s "$(modules_of "${2:-$1}")/node_modules" "$device/$1/node_modules"
}

# Node as the packages of the server bring it.
node_of_server() { echo "$device"/server/node_modules/node-linux-*/bin/node; }
