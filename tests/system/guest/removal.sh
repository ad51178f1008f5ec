# Removal keeps the state, purge does not.

last_agent=$(agent_pid)
check "the agent runs before" kill -0 "$last_agent"
check "the package is removed" dpkg --remove edgeseal
check "the agent is stopped" fails kill -0 "$last_agent"
check "the key socket is closed" fails systemctl --quiet is-active edgeseald.socket
check "no path is watched, and no time" fails systemctl --quiet is-active edgeseal-pin.path edgeseal-drop.path edgeseald.timer
check "nobody talks to authorities" fails systemctl --quiet is-active edgeseal-enroll.service
check "the keys are kept" test -d /var/lib/edgeseal/state
check "the configuration is kept" test -e /etc/edgeseal/edgeseal.toml

purge=$(dpkg --purge edgeseal 2>&1)
check "the package is purged, and says that the TPM is left alone" grep -q "Objects inside the TPM are left alone" <<<"$purge"
check "it says that the TPM remembers the device" grep -q "0x0180ed01" <<<"$purge"
check "which it does" grep -qi "0x180ED01" <(TPM2TOOLS_TCTI=swtpm:path=/run/tpm/tpm.sock tpm2_getcap handles-nv-index)
check "the state is gone" fails test -e /var/lib/edgeseal
check "the drop folder is gone" fails test -e /var/lib/edgeseal-drop
check "the configuration is gone" fails test -e /etc/edgeseal
check "no file is left" equals "" "$(find / -xdev -name '*edgeseal*' -not -path '/t/*' -not -path '/proc/*' -not -path '/etc/systemd/system/*edgeseal-checks*')"
