# A file on a removable medium, by the unit that the udev rule starts. There is no udev here, so no device unit to be bound to;
# and any file system that this kernel has stands for those of sticks.

medium_units=/run/systemd/system
# insert FILE: prints the name of a block device with a file system that has FILE in edgeseal/; its loop device goes with its
# last user.
insert() {
  local device
  mkdir -p /t/medium/edgeseal && cp "$1" /t/medium/edgeseal/ && truncate --size=4M /t/medium.image &&
    mkfs.ext4 -q -d /t/medium /t/medium.image || return 1
  device=$(losetup --find --show /t/medium.image) || return 1
  echo "${device#/dev/}"
}
unit_for_this_kernel() {
  sed -e '/^BindsTo=/d' -e '/^After=dev-/d' -e 's/vfat,exfat,iso9660/ext4/' /lib/systemd/system/edgeseal-medium@.service \
    >"$medium_units/edgeseal-medium@.service" && systemctl daemon-reload
}
all_loop_devices() {
  local number
  for number in control $(seq 0 15); do
    [ -e "/dev/loop$number" ] || [ -e "/dev/loop-$number" ] ||
      if [ "$number" = control ]; then mknod /dev/loop-control c 10 237; else mknod "/dev/loop$number" b 7 "$number"; fi || return 1
  done
}

settings_file "$plant/provisioning.pem" >/t/provisioning.xml
check "the unit is adapted to this machine" unit_for_this_kernel
check "there are loop devices" all_loop_devices
medium=$(insert /t/provisioning.xml)
exec {held}<"/dev/$medium"
losetup --detach "/dev/$medium"
check "H10: a medium is inserted" systemctl start "edgeseal-medium@$medium.service"
check "H10: its file is staged" staging_is staged
check "N11: it is said that it came from a medium" grep -q '"source": *"medium"' <(edgesealctl --json stage show)
check "H14: nobody is trusted for that" trusts_no_provisioning provisioning
check "its mount is gone" fails grep -q edgeseal-medium /proc/mounts
exec {held}<&-
check "it is discarded" edgesealctl stage discard
rm "$medium_units/edgeseal-medium@.service"
systemctl daemon-reload
