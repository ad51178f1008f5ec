# After a boot, and a restart of the TPM, the device is what it was, and has what was due.

meter=/var/lib/edgeseal/pki/meter/https/fullchain.pem
agent_runs() { equals active "$(state_of edgeseald.service)"; }
put_away() {
  rm /etc/edgeseal/applications.d/meter.toml /etc/edgeseal/enrolment.d/meter.toml
  systemctl restart edgeseald.service && edgesealctl application delete meter --yes
}

check "after the boot the agent runs, though nobody called it" until_true agent_runs
check "it was its timer" grep -q 20 <(property edgeseald.timer LastTriggerUSec)
check "what was to get a certificate by itself has it" until_true openssl x509 -noout -in "$meter"
check "which needs no enrolment service" equals inactive "$(state_of edgeseal-enroll.service)"
check "it is put away" put_away
check "C11: it is operational" becomes operational
check "the certificate is published" test -s "$published_of_server/fullchain.pem"
check "its key signs for the account" as plc openssl dgst -sha256 -sign edgeseal:plc -out /dev/null /etc/hostname
check "C11: no password opens what is configured" refused "InvalidState" edgesealctl setup otp
check "the identity is the same" identity_is_kept
