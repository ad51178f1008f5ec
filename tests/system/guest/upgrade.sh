# Newer packages are installed while programs use their keys; the integrator has edited edgeseal.toml, and they bring another one.

socket_before=$(stat -c %i /run/edgeseal/keys.sock)
agent_before=$(agent_pid)
configuration_before=$(sha256sum </etc/edgeseal/edgeseal.toml)
check "where nobody can be asked which edgeseal.toml to keep, nothing is upgraded" refused "nobody can be asked" apt_install next/*.deb
load_start
check "the newer packages install" apt_upgrade next/*.deb
check "the newer agent serves" progress 5
load_stop
load_unharmed "upgrade"
check "it is the newer version" equals "$(version_of next/edgeseal_*.deb)" "$(installed_version edgeseal)"
check "the agent was restarted" fails equals "$agent_before" "$(agent_pid)"
check "the key socket stayed open" equals "$socket_before" "$(stat -c %i /run/edgeseal/keys.sock)"
check "the configuration was kept" equals "$configuration_before" "$(sha256sum </etc/edgeseal/edgeseal.toml)"
check "the newer one is beside it" grep -q "^# As of" /etc/edgeseal/edgeseal.toml.dpkg-dist
check "its timer goes on" equals "enabled active" "$(systemctl is-enabled edgeseald.timer) $(state_of edgeseald.timer)"
check "a PIN that is wanted is waited for" equals active "$(state_of edgeseal-pin.path)"
check "the drop folder is watched as the integrator wanted it" equals "enabled active" \
  "$(systemctl is-enabled edgeseal-drop.path) $(state_of edgeseal-drop.path)"
