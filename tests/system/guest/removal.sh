# Removal keeps the state, purge does not. Services that were attached start afterwards.

units=/etc/systemd/system
not_of_attach=$units/copier.service.d/50-edgeseal-own.conf

# With a key of its own, which is a file
configure_own_key() {
  without_provider openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 1 -subj "/CN=own" -keyout /t/own.key -out /t/own.crt &&
    cat /t/own.crt /t/own.key >/t/own.pem &&
    sed -i '/^frontend site$/,$d' /etc/haproxy/haproxy.cfg &&
    printf '\nfrontend site\n  mode http\n  http-request return status 200\n  bind 127.0.0.1:5443 ssl crt /t/own.pem\n' >>/etc/haproxy/haproxy.cfg
}
attach_copier() {
  mkdir -p /etc/copier "$(dirname "$not_of_attach")"
  printf '[Service]\nType=oneshot\nExecStart=true\n' >$units/copier.service
  printf '[Service]\nEnvironment=OF=integrator\n' >$not_of_attach
  systemctl daemon-reload
  edgesealctl attach copier.service web --copy-to /etc/copier --exec /usr/bin/true &&
    systemctl start copier.service
}
remove_agent() { dpkg --remove edgeseal-enroll edgeseal >/t/removed 2>&1 || { cat /t/removed; return 1; }; }

last_agent=$(agent_pid)
check "the agent runs before" kill -0 "$last_agent"
check "a service in a chroot is attached" edgesealctl attach haproxy.service web
check "and one that gets copies" attach_copier
check "the packages are removed" remove_agent
check "it is told which files attach wrote, and how to detach" grep -q "remove these files, then: systemctl daemon-reload" /t/removed
for written in haproxy.service.d/50-edgeseal-web.https.conf edgeseal-reload-haproxy.web.https.path edgeseal-hook-copier.web.https.service; do
  check "$written is named" grep -qx "$units/$written" /t/removed
done
check "its copies are named" grep -qx /etc/copier/key.pem /t/removed
check "what attach did not write is not" fails grep -q "$not_of_attach" /t/removed
check "the agent is stopped" fails kill -0 "$last_agent"
check "the key socket is closed" fails systemctl --quiet is-active edgeseald.socket
check "no path is watched, and no time" fails systemctl --quiet is-active edgeseal-pin.path edgeseal-drop.path edgeseal-metrics.timer edgeseald.timer
check "nobody talks to authorities" fails systemctl --quiet is-active edgeseal-enroll.service
check "no metrics are left, which would be collected for ever" fails test -e /var/lib/prometheus/node-exporter/edgeseal.prom
check "the keys are kept" test -d /var/lib/edgeseal/state
check "the configuration is kept" test -e /etc/edgeseal/edgeseal.toml
check "nobody is asked about its configuration for a provider that stays" dpkg --install packages/openssl-provider-edgeseal_*.deb
rm -r /run/edgeseal
configure_own_key
check "after a boot, which makes no /run/edgeseal, the service in the chroot starts with a key of its own" systemctl restart haproxy.service

check "the agent comes back" apt_install next/*.deb
check "its key is the same" signs edgeseal:web web
check "its timer and the drop folder are watched again, as they were" equals "active active" "$(state_of edgeseald.timer) $(state_of edgeseal-drop.path)"
check "and goes again" remove_agent

check "the provider is purged" dpkg --purge openssl-provider-edgeseal
purge=$(dpkg --purge edgeseal-enroll edgeseal 2>&1)
check "the agent is purged, and says that the TPM is left alone" grep -q "Objects inside the TPM are left alone" <<<"$purge"
check "it says that the TPM remembers the device" grep -q "0x0180ed01" <<<"$purge"
check "which it does" grep -qi "0x180ED01" <(TPM2TOOLS_TCTI=swtpm:path=/run/tpm/tpm.sock tpm2_getcap handles-nv-index)
check "no renewal is watched" equals "" "$(systemctl list-units --all --plain --no-legend 'edgeseal-reload-*')"
check "the service in the chroot starts without the agent" systemctl restart haproxy.service
check "and so does the one with copies" systemctl start copier.service
check "its copies are gone" equals "" "$(ls /etc/copier)"
check "what attach did not write is kept" test -e "$not_of_attach"
systemctl stop haproxy.service
rm -r $units/copier.service{,.d}
systemctl daemon-reload
check "the state is gone" fails test -e /var/lib/edgeseal
check "the drop folder is gone" fails test -e /var/lib/edgeseal-drop
check "the configuration is gone" fails test -e /etc/edgeseal
check "no file is left" equals "" "$(find / -xdev -name '*edgeseal*' -not -path '/t/*' -not -path '/proc/*' -not -path '/etc/systemd/system/*edgeseal-checks*')"
