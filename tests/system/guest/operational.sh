# After a boot, and a restart of the TPM, the device is what it was.

check "after the boot, nothing runs that nobody called" equals inactive "$(state_of edgeseald.service)"
check "C11: it is operational" becomes operational
check "the certificate is published" test -s "$published_of_server/fullchain.pem"
check "its key signs for the account" as plc openssl dgst -sha256 -sign edgeseal:plc -out /dev/null /etc/hostname
check "C11: no password opens what is configured" refused "InvalidState" edgesealctl setup otp
check "the identity is the same" identity_is_kept
