# After a boot the PIN is asked for again, by systemd's password agents; the right one brings the device to operational.

check "W13: after the boot the question is there again" until_true question
check "W15: the try is used up as before" equals 2 "$(tries)"
check "W13: the right PIN is given" answer "$(question)" "$(cat "$plant/pin")"
check "W13: setup verifies" becomes verifying
check "W13: the authority of the service is trusted" trusts_provisioning provisioning
check "nobody is asked any more" until_true test ! -e /var/lib/edgeseal/pin-wanted
check "and no question is left" until_true no_question
check "the service that asked has ended" until_true has_ended edgeseal-pin.service
check "W14: who makes the contact takes the TAN" equals "$(tail -c 3 "$plant/pin")" "$(./server.py tan)"
check "W14: once" refused "NothingToDo" ./server.py tan
check "W13: the contact is reported" edgesealctl bundle report
check "W13: the device is operational" setup_is operational
check "the identity of the device is kept" identity_is_kept
