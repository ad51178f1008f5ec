# Started by the bus, and started by the key socket.

restarted_by() {
  systemctl stop edgeseald.service || return 1
  equals inactive "$(state_of edgeseald.service)" || return 1
  "$@" || return 1
  equals active "$(state_of edgeseald.service)"
}

check "stopped, a call on the bus starts it" restarted_by edgesealctl status
check "stopped, a program that signs starts it" restarted_by signs edgeseal:web web
check "it runs as edgeseal" equals "$(id -u edgeseal)" "$(status_of_agent Uid | cut -f1)"
check "it is in the group of the TPM" grep -qw "$(getent group tss | cut -d: -f3)" <(status_of_agent Groups)
check "the directory of the key socket belongs to root" equals "root root 755" "$(stat -c '%U %G %a' /run/edgeseal)"
check "everyone may connect to the key socket" equals "666" "$(stat -c %a /run/edgeseal/keys.sock)"
