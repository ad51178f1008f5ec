# Who may change what: with polkit, and on a device without.

# authority_checks VARIANT REFUSAL
authority_checks() {
  check "$1: everyone sees the state" as stranger edgesealctl describe
  check "$1: an unprivileged account creates no application" refused "$2" as stranger edgesealctl application create evil
  check "$1: an unprivileged account requests no certificate" refused "$2" as stranger edgesealctl csr web
  check "$1: a member of edgeseal-admin creates an application" as integrator edgesealctl application create "made-$1"
  check "$1: the account of an application requests its certificate" as web edgesealctl csr web
  check "$1: a member of edgeseal-admin closes no setup that is over" refused "InvalidState" as integrator edgesealctl setup close
  check "$1: nor says from afar that somebody is at the device" refused "report-presence" as integrator edgesealctl setup presence
}

check "polkit runs" systemctl start polkit.service
authority_checks with-polkit "polkit wants.*UserAccessDenied"
may() { as integrator bash -c "pkcheck --action-id org.edgeseal.$1 --process \$\$"; }
check "with-polkit: a member of edgeseal-admin manages keys" may manage-keys
check "with-polkit: but runs no jobs" refused "Not authorized" may run-jobs
check "polkit is removed" eval "systemctl stop polkit.service && dpkg --purge polkitd"
authority_checks without-polkit "no polkit.*UserAccessDenied"

check "an interface that is not listed is not reached" refused "Access denied" \
  busctl call org.edgeseal.Agent1 /org/edgeseal org.edgeseal.Unlisted1 Call
