# The agent restarts, and dies, while programs use their keys.

. ./load.sh

restarts=20
deaths=3
restart_often() {
  local i
  for ((i = 0; i < restarts; i++)); do
    systemctl restart edgeseald.service || return 1
  done
}
die_often() {
  local i
  for ((i = 0; i < deaths; i++)); do
    kill -KILL "$(agent_pid)"
    until_true served $((5 * (i + 2))) || return 1
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

load_start
check "systemctl restart, $restarts times" restart_often
load_stop
load_unharmed "restarts"

flush_before_start
load_start
check "killed $deaths times, it comes back by itself" die_often
load_stop
load_unharmed "kills"
