# A newer package is installed while programs use their keys.

socket_before=$(stat -c %i /run/edgeseal/keys.sock)
agent_before=$(agent_pid)
configuration_before=$(sha256sum </etc/edgeseal/edgeseal.toml)
load_start
check "the newer package installs" dpkg --install edgeseal-next.deb
check "the newer agent serves" progress 5
load_stop
load_unharmed "upgrade"
check "it is the newer version" equals "$(dpkg-deb --field edgeseal-next.deb Version)" "$(dpkg-query --show --showformat='${Version}' edgeseal)"
check "the agent was restarted" fails equals "$agent_before" "$(agent_pid)"
check "the key socket stayed open" equals "$socket_before" "$(stat -c %i /run/edgeseal/keys.sock)"
check "the configuration was kept" equals "$configuration_before" "$(sha256sum </etc/edgeseal/edgeseal.toml)"
check "its timer goes on" equals "enabled active" "$(systemctl is-enabled edgeseald.timer) $(state_of edgeseald.timer)"
check "a PIN that is wanted is waited for" equals active "$(state_of edgeseal-pin.path)"
check "the drop folder is watched as the integrator wanted it" equals "enabled active" \
  "$(systemctl is-enabled edgeseal-drop.path) $(state_of edgeseal-drop.path)"
