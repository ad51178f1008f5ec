# First trust from a file in the drop folder; first_contact.sh goes on after a boot.

settings_with_key() { settings_file "$plant/gds.example.com.pem" "$plant/gds.example.com.key"; }

check "N12: the drop folder is for root alone" equals "700 root" "$(stat -c '%a %U' "$drop")"
check "H10: the integrator has it watched" systemctl enable --now edgeseal-drop.path
settings_file "$plant/provisioning.pem" | drop_in stage.xml
check "N12: a file in it is staged" until_true staging_is staged
check "N12: and removed" until_true test ! -e "$drop/stage.xml"
check "N11: it is said where it came from" grep -q '"source": *"drop-folder"' <(edgesealctl --json stage show)
settings_with_key | drop_in KEY.XML
check "N9: a file with a private key is put aside, its name in capitals" until_true test -e "$drop/KEY.XML.refused"
check "N9: for the reason that it has a key" until_true eval 'journal_of edgeseal-drop.service | grep -q "lies in the clear"'
ln -s "$plant/provisioning.pem" "$drop/link.pem"
check "a link is put aside" until_true test -L "$drop/link.pem.refused"
check "and the folder is watched on" equals active "$(state_of edgeseal-drop.path)"
check "H14: nobody is trusted before the next start" trusts_no_provisioning provisioning
check "setup is open as before" setup_is setup-open
