# The package installs, listens, and starts nothing else.

check "the packages install" dpkg --install packages/*.deb
check "nothing is half configured" equals "" "$(dpkg --audit)"
check "the key socket is enabled" equals enabled "$(systemctl is-enabled edgeseald.socket)"
check "the key socket listens" equals active "$(state_of edgeseald.socket)"
check "the service is not enabled" equals disabled "$(systemctl is-enabled edgeseald.service)"
check "the service is not started" equals inactive "$(state_of edgeseald.service)"
check "after a boot it will be" equals "enabled inactive" "$(systemctl is-enabled edgeseald.timer) $(state_of edgeseald.timer)"
check "who talks to authorities waits for a job" equals "static inactive" \
  "$(systemctl is-enabled edgeseal-enroll.service) $(state_of edgeseal-enroll.service)"
check "a PIN that is wanted is waited for" equals "enabled active" "$(systemctl is-enabled edgeseal-pin.path) $(state_of edgeseal-pin.path)"
check "the drop folder is the integrator's to switch on" equals "disabled inactive" \
  "$(systemctl is-enabled edgeseal-drop.path) $(state_of edgeseal-drop.path)"
check "the presets say the same" equals "" "$(systemctl preset --preset-mode=full edgeseald.{socket,timer,service} edgeseal-{pin,drop}.path 2>&1)"
check "the units are without fault" equals "" "$(systemd-analyze verify --man=no edgeseald.{service,socket,timer} edgeseal-enroll.service \
  edgeseal-{pin,drop}.{path,service} edgeseal-medium@sda1.service 2>&1)"

check "the account edgeseal may use the TPM" equals "edgeseal tss" "$(id -nG edgeseal)"
check "the account edgeseal has no shell" equals /usr/sbin/nologin "$(getent passwd edgeseal | cut -d: -f7)"
check "the group edgeseal-admin is there" getent group edgeseal-admin
check "OpenSSL loads the provider, which does not stand aside" equals active \
  "$(openssl list -providers | sed -n '/^  edgeseal$/,/status:/s/^ *status: //p')"

check "the journal explains its messages" grep -q "A program was denied the use of a key" <(journalctl --list-catalog)

check "nobody but the agent takes its name on the bus" refused "Access denied" \
  busctl call org.freedesktop.DBus / org.freedesktop.DBus RequestName su org.edgeseal.Agent1 0

sed -i 's|^#tcti = .*|tcti = "swtpm:path=/run/tpm/tpm.sock"|' /etc/edgeseal/edgeseal.toml
