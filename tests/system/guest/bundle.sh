# A bundle under a PIN: made at the service, brought to the device; pin.sh goes on after a boot.

wrong_pin() { sed 's/^.\{4\}/xxxx/' "$plant/pin"; }
# The last three characters are the TAN: what stands in no journal by chance.
make_pin() { printf '%s%%^~' "$(openssl rand -hex 12)" >"$plant/pin"; }
make_bundle() {
  edgesealctl bundle create --url https://provision.example.com/device --port 18444 --ca "$plant/provisioning.pem" \
    --code-file "$plant/pin" --device urn:example.com:gateway:4711 --out "$plant/bundle.jwe"
}

install -m 0600 /dev/null "$plant/pin"
make_pin
check "at the service, a bundle is made" make_bundle
check "systemd waits for one that wants a PIN" equals active "$(state_of edgeseal-pin.path)"
check "a stranger brings none" refused "org.edgeseal.open-setup" as plc edgesealctl bundle stage - <"$plant/bundle.jwe"
check "W13: it is brought to the device" edgesealctl bundle stage "$plant/bundle.jwe" --source "the card in the box"
check "W13: the password agents have a question" until_true question
check "all tries are there" equals 3 "$(tries)"
asked=$(question)
check "W15: a wrong PIN is given" answer "$asked" "$(wrong_pin)"
check "W15: people are asked again" until_true another_question "$asked"
check "W15: and told how many tries there are" until_true eval 'journal_of edgeseal-pin.service | grep -q "2 more tries"'
check "it trusts nobody yet" trusts_no_provisioning provisioning
