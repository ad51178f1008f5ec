# After the purge autopkgtest(1) installs the packages again, and runs the test of the source package as its control file says. This machine is
# thrown away, so the test may break it.

check "the packages install again, and pass autopkgtest" autopkgtest --no-built-binaries --ignore-restrictions=breaks-testbed \
  packages/*.deb source/*.dsc -- null
mount --bind /var/lib/edgeseal /var/lib/edgeseal
check "they are purged where the state is a file system of its own" dpkg --purge edgeseal-enroll edgeseal openssl-provider-edgeseal
check "which is empty" equals "" "$(ls -A /var/lib/edgeseal)"
umount /var/lib/edgeseal
check "and leave nothing" rmdir /var/lib/edgeseal
