# From the factory to operational by a staged file: after the boot what was staged is in force, until the first contact.

check "N13: it is in force after the boot" until_true staging_is verifying
check "N13: the authority is in the trust list" trusts_provisioning provisioning
check "N13: setup says that it verifies" becomes verifying
check "N13: the server proves itself" edgesealctl stage report --host gds.example.com "$plant/gds.example.com.pem"
check "N13: staging is over" staging_is empty
check "N13: the device is operational" setup_is operational
check "N13: the authority stays in the trust list" trusts_provisioning provisioning
settings_file "$plant/impostor.pem" | drop_in late.xml
check "N4: the next file in the drop folder is refused" until_true test -e "$drop/late.xml.refused"
check "N4: because setup is over" until_true eval 'journal_of edgeseal-drop.service | grep -q InvalidState'
