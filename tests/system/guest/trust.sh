# Trust lists: who may change them, how they are held on the disk, what a change that nobody confirms comes to.

trusted=$published/trusted/certs
trusts() { edgesealctl trust show web | grep -q "$1"; }
does_not_trust() { ! trusts "$1"; }
drift_is_told() { journalctl --sync && journalctl --boot EDGESEAL_KIND=directory-drift --output=cat | grep -q "$1"; }
other_ca() {
  OPENSSL_CONF=/etc/ssl/openssl.cnf openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 1 \
    -subj "/CN=$1" -keyout "/t/$1.key" -out "/t/$1.pem"
}
peer_of() {
  OPENSSL_CONF=/etc/ssl/openssl.cnf openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=peer" \
    -addext "extendedKeyUsage=clientAuth,serverAuth" -addext "keyUsage=digitalSignature" -keyout /t/peer.key -out /t/peer.csr &&
    openssl x509 -req -in /t/peer.csr -CA "$1" -CAkey "$2" -days 1 -copy_extensions copy -out /t/peer.pem
}

check "nothing is trusted before" does_not_trust "Test CA"
check "a CA is trusted" edgesealctl trust add web /t/ca.pem
check "it is in the list" trusts "Test CA"
check "programs find it as a bundle" openssl verify -CAfile "$published/ca.pem" /t/web.pem
check "and by hashed names" openssl verify -CApath "$published/capath" /t/web.pem
check "the application reads the list" as web openssl verify -CAfile "$published/ca.pem" /t/web.pem
check "another account does not" fails as stranger cat "$published/ca.pem"
check "a stranger changes no trust" refused "org.edgeseal.manage-trust" as stranger edgesealctl trust remove web /t/ca.pem
check "the account of the application alone does not either" refused "security-mode|roles" as web edgesealctl trust remove web /t/ca.pem
check "an administrator of the group may" as integrator edgesealctl trust options web --update-every 30d
check "a file that is no certificate changes nothing" refused "hostname" edgesealctl trust add web /etc/hostname

check "make another CA and a peer of it" eval "other_ca stranger-ca && peer_of /t/stranger-ca.pem /t/stranger-ca.key"
check "the peer is refused" refused "CertificateUntrusted|CertificateChainIncomplete" edgesealctl trust validate web /t/peer.pem
check "and is on the rejected list" grep -q "CN=peer" <(edgesealctl trust rejected web)

# --- the disk

check "others do not write into the published directory" fails as web touch "$trusted/foreign.der"
chmod 0777 "$trusted"
has_mode() { [ "$(stat -c %a "$2")" = "$1" ]; }
check "a mode that lets others write is taken back" until_true has_mode 755 "$trusted"
check "and told" until_true drift_is_told "$trusted"
cp /t/stranger-ca.pem "$published/ca.pem"
check "what root wrote there is undone" until_true openssl verify -CAfile "$published/ca.pem" /t/web.pem
touch "$trusted/foreign.der"
check "a foreign file goes" until_true test ! -e "$trusted/foreign.der"
rm -rf "$published/trusted"
check "a directory that was removed comes back" until_true test -d "$trusted"
setfacl -m u:stranger:rwx "$published"
check "an entry for a stranger is taken out" until_true eval '! getfacl -c "$published" | grep -q stranger'
chmod 0777 /var/lib/edgeseal
check "a parent that others may write is shut" until_true has_mode 711 /var/lib/edgeseal
check "everything is as it must be" equals "" "$(edgesealctl --json trust audit | grep -o '"action": *"[a-z]*"' | grep -v none)"
check "a path is explained" grep -q "/etc/shadow" <(edgesealctl trust audit /etc/shadow)

# --- a directory of a program

install -d -o web -g web /opt/server/pki /opt/server/pki/trusted /opt/server/pki/trusted/certs
cp /t/stranger-ca.pem /opt/server/pki/trusted/certs/stranger.pem
check "what a program trusts is shown before it is taken over" grep -q "stranger-ca" <(edgesealctl trust adopt /opt/server/pki web --dry-run)
check "it is adopted" edgesealctl trust adopt /opt/server/pki web --yes
check "without a right to write there it is audited, with what would give it" grep -q "ReadWritePaths" <(edgesealctl trust adopted; edgesealctl trust audit)
check "it is released" edgesealctl trust release /opt/server/pki

# --- a change that nobody confirms

check "a change waits to be confirmed" edgesealctl trust remove web /t/ca.pem --confirm-within 15
check "meanwhile it holds" does_not_trust "Test CA"
check "the agent is restarted" systemctl restart edgeseald.service
check "it is undone by itself" until_true trusts "Test CA"
check "a change is confirmed" eval "edgesealctl trust add web /t/stranger-ca.pem --confirm-within 60 && edgesealctl changes confirm web"
check "and stays" trusts "stranger-ca"

# --- the state

systemctl stop edgeseald.service
sed -i 's/stranger-ca/stranger-cb/g' /var/lib/edgeseal/state/state.db
check "a list that was changed on the disk is not used, but the one before it" until_true eval "trusts 'Test CA' && does_not_trust stranger-c"
check "the alarm is raised" until_true eval "journalctl --sync && journalctl --boot EDGESEAL_KIND=integrity-lost --output=cat | grep -q web"
check "a new list ends it" edgesealctl trust add web /t/stranger-ca.pem
check "the list is as it was" eval "edgesealctl trust remove web /t/stranger-ca.pem && trusts 'Test CA'"
