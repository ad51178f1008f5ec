# The first release was one package, with a state of the first schema, fewer units and another edgeseal.toml. It is upgraded to the packages of today
# while programs use their keys.

. ./load.sh

database=/var/lib/edgeseal/state/state.db
use_tpm() { sed -i 's|^#tcti = .*|tcti = "swtpm:path=/run/tpm/tpm.sock"|' /etc/edgeseal/edgeseal.toml; }
schema() { python3 -c 'import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version").fetchone())' "$database"; }
set_schema() { python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = " + sys.argv[2])' "$database" "$1"; }
owner_of() { dpkg-query --search "$1" | cut -d: -f1; }
# The unit of the first release takes openat2(2) away (RestrictSUIDSGID=), by which the agent of today judges directories.
programs_are_of_today() {
  mkdir -p /run/systemd/system/edgeseald.service.d
  printf '[Service]\nRestrictSUIDSGID=no\n' >/run/systemd/system/edgeseald.service.d/programs-of-today.conf
  systemctl daemon-reload
}
first_start_is_of_schema_1() {
  cat >/run/systemd/system/edgeseald.service.d/first-release.conf <<END
[Service]
ExecStartPre=+/bin/sh -ec 'test -e /t/was-first || { /t/earlier_state.py $database /t/state_schema.cpp 1; touch /t/was-first; }'
END
  systemctl daemon-reload
}

# What the TPM remembers of the device before goes as the purge said.
forget_device() {
  local index
  export TPM2TOOLS_TCTI=swtpm:path=/run/tpm/tpm.sock
  for index in $(tpm2_getcap handles-nv-index | grep -oiE '0x0?180ED0[1-4]'); do tpm2_nvundefine --hierarchy=o "$index" || return 1; done
}

check "the TPM forgets the device, by owner authorisation" forget_device
rm -f /t/web.csr /t/web.pem
check "the first release installs, in one package" dpkg --install first/*.deb
use_tpm
programs_are_of_today
check "it had no timer" refused "No files found" systemctl cat edgeseald.timer
check "its agent starts" edgesealctl application create web --account web --access user=web
check "its application has a certificate" certify web
openssl x509 -in /t/web.pem -noout -pubkey >/t/web.pub
left_beside=/etc/edgeseal/applications.d/later.toml.example
echo "# not in use yet" >"$left_beside"

configuration_before=$(sha256sum </etc/edgeseal/edgeseal.toml)
agent_before=$(agent_pid)
socket_before=$(stat -c %i /run/edgeseal/keys.sock)
load_start
check "the state will be of the first schema" first_start_is_of_schema_1
check "where nobody can be asked which edgeseal.toml to keep, nothing is upgraded" refused "nobody can be asked" apt_install packages/*.deb
check "no package is unpacked" equals "edgeseal 0.1.0" "$(dpkg-query --show '*edgeseal*' | awk 'NF == 2 { print $1, $2 }')"
check "with the option that keeps it, they are upgraded to packages of their own" apt_upgrade packages/*.deb
check "the agent of today serves" progress 5
load_stop
load_unharmed "from the first release"
check "the agent was restarted, over a state of the first schema" eval 'fails equals "$agent_before" "$(agent_pid)" && test -e /t/was-first'
check "which it migrated" equals "$(grep -c 'R"sql(' state_schema.cpp)" "$(schema)"
check "nothing is half configured" equals "" "$(dpkg --audit)"
for package in edgeseal edgeseal-enroll openssl-provider-edgeseal; do
  check "$package is there" equals "$(version_of packages/edgeseal_*.deb)" "$(installed_version "$package")"
done
check "the provider has a package of its own" equals openssl-provider-edgeseal "$(owner_of '*/ossl-modules/edgeseal.so')"
check "what talks to authorities starts" systemctl start edgeseal-enroll.service
check "the key socket stayed open" equals "$socket_before" "$(stat -c %i /run/edgeseal/keys.sock)"
check "the configuration was kept" equals "$configuration_before" "$(sha256sum </etc/edgeseal/edgeseal.toml)"
check "what the integrator put beside it, too" test -e "$left_beside"
check "the new units are enabled as after an installation" equals "enabled enabled enabled disabled disabled" \
  "$(systemctl is-enabled edgeseald.socket edgeseald.timer edgeseal-pin.path edgeseal-drop.path edgeseal-metrics.timer | paste -sd' ')"
check "and at work, without a boot" equals "active active active inactive inactive" \
  "$(systemctl is-active edgeseald.socket edgeseald.timer edgeseal-pin.path edgeseal-drop.path edgeseal-metrics.timer | paste -sd' ')"
check "the key is the same" signs edgeseal:web web
rm -r /run/systemd/system/edgeseald.service.d "$left_beside"
systemctl daemon-reload

# --- the first release over the state of today: it does not look at it, and nothing can keep it out

check "what talks to authorities goes" dpkg --remove edgeseal-enroll
downgrade=$(dpkg --force-confold --install first/*.deb 2>&1)
check "the first release is installed, and it is said what comes of that" grep -q "0.1.0 does not start with the state" <<<"$downgrade"
check "it is whole" equals "0.1.0 installed" "$(dpkg-query --show --showformat='${Version} ${db:Status-Status}' edgeseal)$(dpkg --audit)"
check "the packages of today come back" apt_upgrade packages/*.deb
check "with their units" equals "enabled enabled active active" \
  "$({ systemctl is-enabled edgeseald.timer edgeseal-pin.path; systemctl is-active edgeseald.timer edgeseal-pin.path; } | paste -sd' ')"
check "and the keys" signs edgeseal:web web

# --- an older release over the state of a later one

known=$(schema)
stop_agent() { systemctl stop edgeseald.socket edgeseald.service; }
stop_agent
check "the state is a later release's" set_schema $((known + 1))
for package in edgeseal edgeseal-enroll openssl-provider-edgeseal; do
  check "no package of an older release is installed over it, $package says what to do" refused "restore a backup" dpkg --install packages/"$package"_*.deb
done
check "nothing is half configured" equals "" "$(dpkg --audit)"
check "the state is as it was" equals $((known + 1)) "$(schema)"
stop_agent
set_schema "$known"
systemctl start edgeseald.socket
check "the release that knows it is installed" dpkg --install packages/edgeseal_*.deb
check "and serves its keys" signs edgeseal:web web
