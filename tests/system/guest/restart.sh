# The agent restarts, and dies, while programs use their keys.

. ./load.sh

restarts=20
deaths=3
restart_often() {
  local i
  for ((i = 0; i < restarts; i++)); do
    systemctl restart edgeseald.service || return 1
    # Some restarts follow each other without a break, some meet programs that work.
    ((i % 2)) || progress 1 || return 1
  done
}
die_often() {
  local i
  for ((i = 0; i < deaths; i++)); do
    kill -KILL "$(agent_pid)"
    progress 5 || return 1
  done
}
# The simulated TPM has no resource manager before it, as the kernel has: this flushes what a killed agent left in it.
flush_before_start() {
  mkdir -p /run/systemd/system/edgeseald.service.d
  cat >/run/systemd/system/edgeseald.service.d/flush.conf <<'END'
[Service]
Environment=TPM2TOOLS_TCTI=swtpm:path=/run/tpm/tpm.sock
ExecStartPre=tpm2_flushcontext --transient-object
ExecStartPre=tpm2_flushcontext --loaded-session
END
  systemctl daemon-reload
}
flush_no_more() {
  rm -r /run/systemd/system/edgeseald.service.d
  systemctl daemon-reload
}

load_start
check "systemctl restart, $restarts times" restart_often
load_stop
load_unharmed "restarts"

flush_before_start
load_start
check "killed $deaths times, it comes back by itself" die_often
load_stop
load_unharmed "kills"
flush_no_more
