# A device whose image says nothing of it: what it is came with its first boot, as credentials of systemd. And files that change
# later, taken up by a reload.

. ./est.sh

check "the packages install" dpkg --install packages/*.deb
sed -i 's|^#tcti = .*|tcti = "swtpm:path=/run/tpm/tpm.sock"|' /etc/edgeseal/edgeseal.toml

check "the files are there, for root alone to write" equals "root 644
root 644" "$(stat -c '%U %a' /etc/edgeseal/applications.d/web.toml /etc/edgeseal/enrolment.d/plant.toml)"
check "what an administrator wrote stays" equals 'account = "daemon"' "$(cat /etc/edgeseal/applications.d/kept.toml)"
check "they are good" edgesealctl config check
openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=plant root" -keyout /dev/null -out /etc/edgeseal/plant.pem 2>/dev/null
printf '[trust.https]\ntrusted-certificates = ["/etc/edgeseal/plant.pem"]\n' >>/etc/edgeseal/applications.d/kept.toml
check "config apply may be the first call of all, and a declared trust list is in force after it" edgesealctl config apply
check "it is the one that is declared" grep -q "CN=plant root" <(edgesealctl trust show kept)
check "the agent runs" systemctl start edgeseald.service
check "it knows the applications" equals "kept web" "$(edgesealctl application list --names | sort | xargs)"
check "it knows the profile" grep -q plant <(edgesealctl profile list)
check "it has the first secret, which nobody else reads" equals "edgeseal 400" \
  "$(stat -c '%U %a' /run/credentials/edgeseald.service/edgeseal.secret)"
secret_is() { equals "$1" "$(cat /run/credentials/edgeseald.service/edgeseal.secret)"; }
check "it is the one that the machine was given" secret_is sesame
check "nothing is left to be applied" equals "Nothing changed." "$(edgesealctl config apply)"

echo 'access = ["user=0"]' >>/etc/edgeseal/applications.d/web.toml
before=$(agent_pid)
check "a reload takes up what was changed" systemctl reload edgeseald.service
check "without a restart" equals "$before" "$(agent_pid)"
check "and it is in force" grep -q "user=0" <(edgesealctl application show web)
echo 'acount = "x"' >/etc/edgeseal/applications.d/bad.toml
check "a mistake fails the reload" fails systemctl reload edgeseald.service
check "and stands in the journal" grep -q 'bad.toml:1: unknown key "acount"; did you mean "account"?' <(journal_of edgeseald.service)
check "who is no administrator applies nothing" refused "org.edgeseal.configure|UserAccessDenied|not authori" as daemon edgesealctl config apply
rm /etc/edgeseal/applications.d/bad.toml
check "the agent goes on" grep -q "user=0" <(edgesealctl application show web)

# --- the first secret enrols

est_start
est_takes_once sesame
echo 'account = "www-data"' >/etc/edgeseal/applications.d/line.toml
est_profile line/https/https 'secret = "edgeseal.secret"' >/etc/edgeseal/enrolment.d/line.toml
check "a profile names the first secret" systemctl reload edgeseald.service
of_plant() { openssl x509 -noout -issuer -in /var/lib/edgeseal/pki/line/https/fullchain.pem | grep "Plant Issuing"; }
check "with it the device gets its certificate, with nobody's call" until_true of_plant
rm /etc/edgeseal/enrolment.d/line.toml
est_stop

# --- the first secret on the disk, encrypted

encrypted=/etc/credstore.encrypted/edgeseal.secret
drop_in=/etc/systemd/system/edgeseald.service.d/secret.conf
encrypt_secret() {
  install -d -m 0700 "$(dirname "$encrypted")"
  printf on-disk | systemd-creds encrypt --with-key=host --name=edgeseal.secret - "$encrypted"
}
restart_agent() { systemctl daemon-reload && systemctl restart edgeseald.service; }
check "an encrypted secret is put on the disk" encrypt_secret
install -D -m 0644 /dev/stdin "$drop_in" <<'END'
[Service]
LoadCredentialEncrypted=edgeseal.secret
END
check "the agent starts with it" restart_agent
check "and has it decrypted" secret_is on-disk
echo damaged >"$encrypted"
check "one that can't be opened keeps the agent down" fails systemctl restart edgeseald.service
check "which the journal says" grep -q "243/CREDENTIALS" <(journal_of edgeseald.service)
rm "$encrypted"
check "so does one in the clear, which the machine was given" fails systemctl restart edgeseald.service
check "one that is not there does not" \
  systemd-run --quiet --wait --collect --property=LoadCredentialEncrypted=edgeseal.absent true
rm -r "$(dirname "$drop_in")"
check "without the drop-in the agent starts as before" restart_agent
check "with the secret that the machine was given" secret_is sesame
