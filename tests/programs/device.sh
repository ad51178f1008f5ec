# A gateway in a directory: a fresh simulated TPM, a private system bus, the agent, a certification authority.
# Sourced by the demo and by the tests with unmodified programs; bash, set -euo pipefail. Everything that it starts ends with
# the shell that called device_start.

# device_start BUILD: sets `device` (the directory), OPENSSL_CONF_EDGESEAL and DBUS_SYSTEM_BUS_ADDRESS. TCTI_PREFIX, where
# set, goes before the TCTI of the simulated TPM.
device_start() {
  build=$(realpath "$1")
  device=$(mktemp -d /tmp/edgeseal.XXXXXX)
  processes=()
  passing=()
  trap device_stop EXIT
  trap 'exit 130' INT TERM
  chmod 755 "$device"
  mkdir -p "$device"/{tpm,etc,run,plant}
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$device/run/bus
  export OPENSSL_CONF_EDGESEAL=$device/etc/openssl.cnf
  export PATH=$build/dbus/ctl:$PATH
  write_configuration
  dbus-daemon --config-file="$device/etc/bus.conf" --nofork 2>>"$device/bus.log" &
  processes+=($!)
  tpm_start
  wait_for "the private bus" listens_at "$device/run/bus"
}

device_stop() {
  local process
  set +e
  for process in "${processes[@]}"; do kill "$process" && kill -CONT "$process"; done 2>/dev/null # one may stand still
  for process in "${processes[@]}"; do wait "$process" 2>/dev/null; done
  rm -rf "$device"
}

# stop PID: ends one process of ours and waits for its end.
stop() {
  local process kept=()
  for process in "${processes[@]}"; do [ "$process" = "$1" ] || kept+=("$process"); done
  processes=("${kept[@]}")
  kill "$1"
  wait "$1" || :
}

# wait_for WHAT COMMAND...: until the command succeeds, 60 s at most, or `patience`.
wait_for() {
  local what=$1 end=$((SECONDS + ${patience:-60}))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { echo "waited ${patience:-60} s in vain for $what" >&2; return 1; }
    sleep 0.02
  done
}

# listens_at PATH: somebody does, on a Unix socket. Its name is there before that.
listens_at() { grep -q " 00010000 .* $1\$" /proc/net/unix; }

write_configuration() {
  cat >"$device/etc/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=$device/run/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/> <allow own="*"/> <allow send_destination="*"/> <allow receive_sender="*"/>
  </policy>
</busconfig>
END
  cat >"$device/etc/edgeseal.toml" <<END
[tpm]
tcti = "${TCTI_PREFIX-}swtpm:path=$device/run/tpm"
[state]
directory = "$device/state"
[key-socket]
path = "$device/run/keys.sock"
END
  cat >"$OPENSSL_CONF_EDGESEAL" <<END
openssl_conf = openssl_init
[openssl_init]
providers = providers
[providers]
default = default_provider
edgeseal = edgeseal_provider
[default_provider]
activate = 1
[edgeseal_provider]
module = $build/provider/edgeseal.so
socket = $device/run/keys.sock
activate = 1
END
}

tpm_start() {
  swtpm socket --tpm2 --tpmstate dir="$device/tpm" --server type=unixio,path="$device/run/tpm" \
    --ctrl type=unixio,path="$device/run/tpm.ctrl" --flags not-need-init,startup-clear >>"$device/tpm.log" 2>&1 &
  tpm=$!
  processes+=("$tpm")
  wait_for "the simulated TPM" listens_at "$device/run/tpm"
}

tpm_stop() {
  stop "$tpm"
  rm -f "$device"/run/{tpm,tpm.ctrl}
}

# How many tries at passwords and PINs the TPM has counted, while no agent is connected to it.
counted_tries() {
  local index
  tpm2_flushcontext -T "swtpm:path=$device/run/tpm" --loaded-session # of an agent that was killed
  for index in 2 4; do tpm2_nvread -T "swtpm:path=$device/run/tpm" -C o "0x0180ed0$index"; done |
    python3 -c 'import struct, sys; counter, origin, _ = struct.unpack(">QQQ", sys.stdin.buffer.read()); print(counter - origin)'
}

# The key socket is held as systemd holds it, for agents that are started afterwards: programs wait there while one restarts, as
# long as a slow machine needs for that.
hold_socket() {
  local socket=$device/run/keys.sock
  passing=("$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/held_socket" run "$socket")
  "${passing[0]}" hold "$socket" &
  processes+=($!)
  wait_for "the key socket" "${passing[@]}" true
  echo "timeout-ms = 120000" >>"$OPENSSL_CONF_EDGESEAL" # its last section is that of the provider
}

# The agent; what it logs is in $device/agent.log.
agent_begin() {
  "${passing[@]}" "$build/agent/edgeseald" --config "$device/etc/edgeseal.toml" >>"$device/agent.log" 2>&1 &
  agent=$!
  processes+=("$agent")
}

# The agent, until it has opened the TPM.
agent_start() {
  agent_begin
  wait_for "the agent to be ready" tpm_ready || { cat "$device/agent.log" >&2; return 1; }
}

agent_restart() {
  stop "$agent"
  agent_start
}

kill_agent() {
  kill -9 "$agent"
  wait "$agent" 2>/dev/null || :
}

# call OBJECT INTERFACE METHOD [SIGNATURE ARGUMENT...]: as busctl(1) has it.
call() { busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" call org.edgeseal.Agent1 "$@"; }

with_provider() { OPENSSL_CONF=$OPENSSL_CONF_EDGESEAL "$@"; }

tpm_ready() { edgesealctl --json status | grep -q '"health": *"ready"'; }

# --- the plant's certification authority; its key is a file, which is what the device is spared

ca_create() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$device/plant/ca.key" -out "$device/plant/ca.pem" \
    -days 30 -subj "/CN=Test plant CA" 2>"$device/plant/log"
}

# ca_sign REQUEST CERTIFICATE [OPTION...]: PEM in, PEM out, with the extensions of the request.
ca_sign() {
  openssl x509 -req -in "$1" -CA "$device/plant/ca.pem" -CAkey "$device/plant/ca.key" -days 10 -copy_extensions copyall \
    -out "$2" "${@:3}" 2>>"$device/plant/log"
}

# certify APPLICATION [OPTION...]: request (with the options of `edgesealctl csr`), signature, installation.
certify() {
  local name=$1
  shift
  edgesealctl csr "$name" --force --out "$device/plant/$name.csr" "$@" >/dev/null
  ca_sign "$device/plant/$name.csr" "$device/plant/$name.pem"
  edgesealctl certificate install "$name" "$device/plant/$name.pem" --chain "$device/plant/ca.pem" >/dev/null
}

# Where an application's certificates and key references are.
published() { echo "$device/state/pki/$1/${2:-https}"; }

# --- openssl's own server and client

# s_server_start OPTION...: with the provider, one connection, on a port of the kernel's choice.
s_server_start() {
  : >"$device/s_server.log"
  OPENSSL_CONF=$OPENSSL_CONF_EDGESEAL openssl s_server -accept 127.0.0.1:0 -naccept 1 -www "$@" >"$device/s_server.log" 2>&1 </dev/null &
  s_server=$!
  processes+=("$s_server")
  wait_for "s_server: $(cat "$device/s_server.log")" grep -q '^ACCEPT 127' "$device/s_server.log"
}

# s_client OPTION...: without the provider, verifies the server by the plant's CA.
s_client() {
  openssl s_client -connect "$(sed -n 's/^ACCEPT //p' "$device/s_server.log")" -CAfile "$device/plant/ca.pem" \
    -verify_return_error "$@" </dev/null
}

# --- nginx as Debian ships it

# nginx_start APPLICATION [COMMAND...]: answers "served by nginx" on the socket $device/run/APPLICATION. It is up when the
# command succeeds, which is a request by curl where none is given.
nginx_start() {
  local name=$1 directory ready=("${@:2}")
  directory=$(published "$name")
  [ "${#ready[@]}" -gt 0 ] || ready=(curl_nginx "$name")
  mkdir -p "$device/nginx"
  cat >"$device/nginx/nginx.conf" <<END
user www-data;
worker_processes 2;
daemon off;
pid $device/nginx/pid;
error_log $device/nginx/error.log;
events { }
http {
  access_log off;
  client_body_temp_path $device/nginx/body; proxy_temp_path $device/nginx/proxy; fastcgi_temp_path $device/nginx/fastcgi;
  uwsgi_temp_path $device/nginx/uwsgi; scgi_temp_path $device/nginx/scgi;
  ssl_session_cache off;
  ssl_session_tickets off;
  server {
    listen unix:$device/run/$name ssl;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate     $directory/fullchain.pem;
    ssl_certificate_key $directory/own/private/key.pem;
    location / { return 200 "served by nginx\n"; }
  }
}
END
  OPENSSL_CONF=$OPENSSL_CONF_EDGESEAL nginx -p "$device/nginx" -e "$device/nginx/error.log" -c "$device/nginx/nginx.conf" &
  nginx=$!
  processes+=("$nginx")
  wait_for "nginx; see its log: $(cat "$device/nginx/error.log" 2>/dev/null)" "${ready[@]}"
}

# curl_nginx APPLICATION [OPTION...]: verifies the server by the plant's CA and the device's host name.
curl_nginx() {
  local name=$1
  shift
  curl --silent --show-error --fail --max-time 60 --unix-socket "$device/run/$name" --cacert "$device/plant/ca.pem" "$@" \
    "https://$(hostname)/"
}

# The serial number of the certificate that nginx shows, as curl sees it.
served_serial() { curl_nginx "$1" --output /dev/null --write-out '%{certs}' | openssl x509 -noout -serial | cut -d= -f2; }

serial_of() { openssl x509 -noout -serial -in "$1" | cut -d= -f2; }
