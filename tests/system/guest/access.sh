# Who may use a key: by account, by systemd unit.

denied="uid $(id -u stranger)"

check "the account of the rule signs by name" signs edgeseal:web web
check "the account of the rule signs by key reference" signs "$key_reference" web
check "root signs" signs edgeseal:web
check "another account is denied by name, and told who it is" refused "$denied" as stranger openssl dgst -sha256 -sign edgeseal:web /etc/hostname
cp "$key_reference" /t/copied-reference.pem
chmod 644 /t/copied-reference.pem
check "another account is denied with a copied key reference, and told who it is" refused "$denied" \
  as stranger openssl dgst -sha256 -sign /t/copied-reference.pem /etc/hostname
check "another account cannot read the published files" refused "Permission denied" as stranger cat "$key_reference"
check "an unknown key is refused by name" refused "nosuchkey" openssl dgst -sha256 -sign edgeseal:nosuchkey /etc/hostname

edgesealctl application create unit-bound --access unit=allowed.service >/dev/null
check "a second application gets its certificate" certify unit-bound
sign_in_unit() {
  systemd-run --quiet --wait --pipe --collect --unit="$1" --uid=stranger --setenv=OPENSSL_CONF="$OPENSSL_CONF" \
    openssl dgst -sha256 -sign edgeseal:unit-bound -out /dev/null /etc/hostname
}
check "a rule for a unit lets that unit sign" sign_in_unit allowed.service
check "a rule for a unit does not let another unit sign" refused "no access rule" sign_in_unit denied.service
