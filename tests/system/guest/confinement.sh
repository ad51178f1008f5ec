# From inside the sandbox of each unit that is shipped, everything is tried that it must not do (./attempts); and from outside, where
# it has to succeed, or nobody would see that the sandbox is gone.

# --- something to find

install -d -m 1777 /srv/open
install -D -m 0644 /dev/null /home/engineer/readable
install -m 0644 /dev/null /tmp/of-others
install -m 0644 /dev/null /var/lib/edgeseal/readable
install -m 4755 /usr/bin/id /t/effective-id
readlink /proc/self/ns/net >/t/network-of-the-device
mknod /dev/tpm0 c 10 224
[ -e /dev/loop0 ] || mknod /dev/loop0 b 7 0
chmod 0666 /dev/loop0
# As the kernel's devices are, see tpm-udev(7).
chgrp tss /dev/tpm0 /run/tpm/tpm.sock
chmod 0660 /dev/tpm0 /run/tpm/tpm.sock

# --- outside

# tried_as ACCOUNT FILE: as a service of systemd that has no restriction
tried_as() { systemd-run --quiet --wait --collect --uid="$1" --property=LimitCORE=infinity --property="StandardOutput=truncate:$2" /t/attempts; }
granted_in() { sed -n 's/^granted //p' "$1" | sort; }
# What no process can do in this container, whoever it is.
impossible_here="load-module read-kernel-log reboot set-clock set-tunable"
all_in() { sed 's/^[a-z]* \([^:]*\).*/\1/' "$1" | sort; }
refused_to_root() { comm -23 <(all_in /t/tried.root) <(granted_in /t/tried.root) | tr '\n' ' '; }

check "everything is tried outside of all sandboxes" tried_as root /t/tried.root
check "root may do all of it there" equals "" "$(comm -23 <(refused_to_root | tr ' ' '\n' | grep .) <(tr ' ' '\n' <<<"$impossible_here"))"

# --- inside

# try_in UNIT: with its own file, of which only what runs is replaced, and what it waits for; prints where the outcome is
try_in() {
  local copy=attempt-${1#edgeseal} outcome=/t/tried.$1
  {
    sed -E '/^(Type|Exec[A-Za-z]*|BusName|Sockets|WatchdogSec|Restart[A-Za-z]*|After|Wants|BindsTo|Condition[A-Za-z]*|StartLimit[A-Za-z]*)=/d' \
      "/lib/systemd/system/${1/@*./@.}"
    printf '[Service]\nType=oneshot\nExecStart=/t/attempts\nStandardOutput=truncate:%s\n' "$outcome"
  } >"/run/systemd/system/${copy/@*./@.}"
  systemctl daemon-reload && systemctl start "$copy"
}
# confined UNIT GRANTED...: these attempts and no others succeed in the sandbox of UNIT
confined() {
  local unit=$1
  shift
  try_in "$unit" && diff <(printf '%s\n' "$@" | sort) <(granted_in "/t/tried.$unit") && diff <(all_in /t/tried.root) <(all_in "/t/tried.$unit")
}
# Services that are shipped and not named here, for whoever adds one.
shipped_services() {
  local package
  for package in $(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' '*edgeseal*' | sed -n 's/^installed //p'); do
    dpkg --listfiles "$package"
  done |
    sed -n 's|.*/systemd/system/\([^/]*\.service\)$|\1|p' | sort
}

check "the attempts are made in each unit that is shipped" equals \
  "edgeseal-drop.service edgeseal-enroll.service edgeseal-medium@.service edgeseal-metrics.service edgeseal-pin.service edgeseald.service" "$(shipped_services | paste -sd' ')"
of_root="become-root processes-of-others tpm-socket"
check "edgeseald has the TPM and its state, and nothing else" confined edgeseald.service \
  tpm-socket tpm-device agent-state agent-configuration write-agent-state processes-of-others
check "edgeseal-enroll has the network as a client, and neither TPM nor state" confined edgeseal-enroll.service \
  socket-of-internet network-of-the-device
# They are root's: the simulated TPM's socket is, too, and processes are hidden from no member of its group.
check "what stages the drop folder has that folder" confined edgeseal-drop.service write-drop-folder $of_root
check "what writes metrics has nothing but the directory of the collector" confined edgeseal-metrics.service $of_root
check "what asks for the PIN has nothing" confined edgeseal-pin.service $of_root
check "what mounts a medium mounts, and has its device" confined edgeseal-medium@loop0.service mount another-device $of_root

check "edgeseald still has its TPM, by its group" eval 'systemctl restart edgeseald.service && edgesealctl status | grep -q "TPM  *ready"'

rm -r /dev/tpm0 /srv/open /home/engineer /tmp/of-others /var/lib/edgeseal/readable /t/effective-id /run/systemd/system/attempt-*
systemctl daemon-reload
