# Back to the factory, by somebody at the device whom a local service noticed. Sourced more than once.

button() { systemd-run --quiet --wait --pipe --collect --unit=front-button edgesealctl setup presence front-button; }

check "C16: without somebody at the device it is not reset" refused "somebody at the device" edgesealctl setup reset --yes
check "C16: a local service tells that there is somebody" button
check "C16: it is reset" edgesealctl setup reset --yes
check "C16: presence counts once" refused "somebody at the device" edgesealctl setup reset --yes
check "keys of applications are gone" grep -q '"active-key":null' <(edgesealctl --json key list plc)
check "and their certificates" fails test -e "$published_of_server/fullchain.pem"
check "nobody is trusted for provisioning" trusts_no_provisioning provisioning
check "the identity of the device is kept" identity_is_kept
check "setup opens by itself where the integrator wants it" open_by '["default"]'
check "setup is open" becomes setup-open
