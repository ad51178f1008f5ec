# For scripts that run unmodified programs with keys held by a key server. They set key_server, module and directory first, and
# stand in that directory.

# make_key KIND...: KIND.key, its certificate KIND.pem by ca.pem, KIND.pub
make_key() {
  [ -e ca.pem ] ||
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=CA 2>/dev/null
  for kind; do
    case $kind in
      ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key 2>/dev/null ;;
      rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>/dev/null ;;
      ed25519) openssl genpkey -algorithm ED25519 -out ed25519.key ;;
    esac
    openssl req -new -key "$kind.key" -subj "/CN=$kind" -out "$kind.csr"
    openssl x509 -req -in "$kind.csr" -CA ca.pem -CAkey ca.key -out "$kind.pem" 2>/dev/null
    openssl pkey -in "$kind.key" -pubout -out "$kind.pub"
  done
}

write_configuration() {
  cat > edgeseal.cnf <<END
openssl_conf = main
[main]
providers = provider_list
[provider_list]
default = default_section
edgeseal = edgeseal_section
[default_section]
activate = 1
[edgeseal_section]
module = $module
socket = $directory/keys.sock
activate = 1
[req]
distinguished_name = name
[name]
END
}

# beside_server COMMAND...: with the keys web/https/KIND of those that were made.
beside_server() {
  keys=
  for file in *.key; do
    kind=${file%.key}
    [ "$kind" = ca ] || keys="$keys web/https/$kind=$file,$kind.pem,ca.pem"
  done
  # shellcheck disable=SC2086 # a list
  OPENSSL_CONF=$directory/edgeseal.cnf "$key_server" "$directory/keys.sock" $keys trust:ca.pem -- "$@"
}
