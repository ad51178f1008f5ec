# What the unit takes from the agent, looked at from inside of its namespaces.

in_agents_view() { nsenter --target "$(agent_pid)" --mount --net "$@"; }

check "no capability" equals "0000000000000000" "$(status_of_agent CapBnd)"
check "no new privileges" equals 1 "$(status_of_agent NoNewPrivs)"
check "system calls are filtered" equals 2 "$(status_of_agent Seccomp)"
check "no network but the loopback" equals "lo" "$(in_agents_view sed -n 's/^ *\(.*\):.*/\1/p' /proc/self/net/dev)"
check "no core dump" grep -qE "^Max core file size +0 +0 " "/proc/$(agent_pid)/limits"
for unit in edgeseald edgeseal-enroll edgeseal-pin; do
  check "$unit is not swapped" equals 0 "$(systemctl show --property=MemorySwapMax --value "$unit.service")"
done
for directory in / /etc /usr /run /run/lock /var /var/lib; do
  check "$directory is read-only" refused "Read-only file system" in_agents_view touch "$directory/written"
done
check "there is no shared memory" refused "Permission denied" in_agents_view setpriv --reuid=edgeseal --clear-groups touch /dev/shm/written
check "its state is writable" in_agents_view sh -c 'touch /var/lib/edgeseal/written && rm /var/lib/edgeseal/written'
check "homes are hidden" equals "" "$(in_agents_view ls -A /home /root 2>/dev/null | grep -v :)"

# exposure_of UNIT
exposure_of() { systemd-analyze security --no-pager "$1" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\).*/\1/p'; }
# exposed_at_most LEVEL UNIT
exposed_at_most() { awk -v exposure="$(exposure_of "$2")" -v most="$1" 'BEGIN { exit !(exposure != "" && exposure <= most) }'; }
for unit in edgeseald.service edgeseal-{enroll,pin,drop,metrics}.service edgeseal-medium@sda1.service; do
  echo "        systemd-analyze security $unit: $(exposure_of "$unit")"
  check "exposure of $unit is at most 2.0" exposed_at_most 2.0 "$unit"
done
