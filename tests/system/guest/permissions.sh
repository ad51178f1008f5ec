# Every method on the bus, as every kind of caller, against the table of docs/dbus.md: with polkit, as long as it is there, and
# without. What is let in changes nothing meanwhile.

if systemctl cat polkit.service >/dev/null 2>&1; then
  systemctl start polkit.service
  variant=with-polkit
else
  variant=without-polkit
fi
# permitted ACCOUNT COLUMN
permitted() { as "$1" python3 /t/permissions.py /t/dbus.md "$2"; }
inhibited() { edgesealctl inhibitors | grep -q "methods are called"; }
permission_checks() {
  local caller
  for caller in "root|root" "integrator|administrator" "web|own account" "other|other application's account" \
    "edgeseal-enroll|account of edgeseal-enroll" "stranger|other user"; do
    check "$variant: each method as the table says for ${caller#*|}" permitted "${caller%%|*}" "${caller#*|}"
  done
}

id other >/dev/null 2>&1 || useradd --system --user-group --shell /usr/sbin/nologin other
edgesealctl application create other --account other >/dev/null
mkfifo /t/permissions.end
edgesealctl inhibit --who test --why "methods are called" cat /t/permissions.end &
inhibitor=$!
exec 8<>/t/permissions.end # does not wait for a reader
check "$variant: changes are inhibited meanwhile" until_true inhibited
permission_checks
exec 8>&-
wait "$inhibitor"
rm /t/permissions.end
edgesealctl application delete other --yes >/dev/null
