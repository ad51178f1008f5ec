# An application with a certificate of a CA made here; the accounts of the later steps. The first call starts the agent.

for account in web stranger integrator; do
  useradd --system --user-group --shell /usr/sbin/nologin "$account"
done
usermod --append --groups edgeseal-admin integrator

published=/var/lib/edgeseal/pki/web/https
key_reference=$published/own/private/key.pem

make_ca() {
  OPENSSL_CONF=/etc/ssl/openssl.cnf openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 1 \
    -subj "/CN=Test CA" -keyout /t/ca.key -out /t/ca.pem
}
# certify APPLICATION
certify() {
  edgesealctl csr "$1" --subject "CN=$1" --out "/t/$1.csr" &&
    openssl x509 -req -in "/t/$1.csr" -CA /t/ca.pem -CAkey /t/ca.key -days 1 -copy_extensions copy -out "/t/$1.pem" &&
    edgesealctl certificate install "$1" "/t/$1.pem" --chain /t/ca.pem
}

check "a call on the bus starts the agent" edgesealctl status
check "the agent runs" equals active "$(state_of edgeseald.service)"
check "create an application" edgesealctl application create web --account web --access user=web
check "make a CA" make_ca
check "request a certificate, issue and install it" certify web
check "the certificate is published" cmp <(openssl x509 -in /t/web.pem) <(openssl x509 -in "$published/fullchain.pem")
openssl x509 -in /t/web.pem -noout -pubkey >/t/web.pub
