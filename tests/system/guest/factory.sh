# A device as the factory leaves it: an identity, an OPC UA server with a certificate that its key has signed, nobody whom it
# trusts; setup waits for a one-time password. And the plant that it comes to.

# certificate NAME COMMON-NAME OPTION...: with a key in a file
certificate() {
  openssl req -config /etc/ssl/openssl.cnf -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj "/CN=$2" \
    -keyout "$plant/$1.key" -out "$plant/$1.pem" "${@:3}" &&
    openssl x509 -in "$plant/$1.pem" -outform DER -out "$plant/$1.der"
}
authority() { certificate "$1" "$2" -addext keyUsage=critical,keyCertSign,cRLSign; }
client() {
  certificate "$1" "$1" -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=URI:urn:plant:$1" \
    -addext keyUsage=digitalSignature,nonRepudiation -addext extendedKeyUsage=clientAuth "${@:2}"
}
host() {
  certificate "$1" "$1" -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=DNS:$1" -addext keyUsage=digitalSignature \
    -addext extendedKeyUsage=serverAuth "${@:2}"
}
make_plant() {
  install -d "$plant" && OPENSSL_CONF=/etc/ssl/openssl.cnf &&
    authority ca plant && client engineer && client passer-by &&
    authority provisioning provisioning && authority impostor impostor &&
    host gds.example.com -CA "$plant/provisioning.pem" -CAkey "$plant/provisioning.key"
}
make_server() {
  install -d -o plc /t/plc &&
    edgesealctl application create plc --uri urn:gateway:plc --account plc --slot application/ecc-nist-p256=ec-p256
}

check "there is a plant" make_plant
useradd --system --user-group --shell /usr/sbin/nologin plc
check "the first call starts the agent, on a device that opens by password" open_by '["password"]'
check "the identity of the device is made in the TPM" edgesealctl device identity create --self-signed --serial 4711 \
  --product-instance-uri urn:example.com:gateway:4711
identity >"$plant/identity.json"
check "there is an OPC UA server" make_server
check "C1: without a certificate it is not pushed to" refused OutOfService as plc ./server.py request "$plant/engineer.der" /t/plc/request
check "C1: it gets its first certificate" edgesealctl certificate self-signed plc --dns gateway.example
check "the device is in setup, and locked" becomes setup-locked
check "and says what opens it" grep -q "one-time password" <(edgesealctl setup status)
check "the doctor is content with a timer that starts with the next boot" grep -q "^ok *timer " <(edgesealctl doctor)
