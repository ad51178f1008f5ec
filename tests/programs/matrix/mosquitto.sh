# The broker is started as root and becomes mosquitto before it reads its key; as client it is a bridge to the plant's broker.
account=mosquitto
server_slot=tls/tls-server
client_slot=tls/tls-client
port=8883
refusal='not permitted'                 # its log has the reasons of OpenSSL's queue, not their texts
more=(bridges_to_the_plant passes_a_message_between_clients)

# broker LINES: the configuration of a broker.
broker() {
  printf '%s\n' "log_dest stderr" "log_type all" "allow_anonymous true" "$1" >"$device/etc/mosquitto.conf"
  program_start mosquitto -c "$device/etc/mosquitto.conf"
}

serve() { broker "$(page_lines Server "$1")"; }
reload() { kill -HUP "$program"; }

# peer_start VERSION: a broker with a key in a file that speaks this version alone and takes the name of a client from its certificate.
peer_start() {
  cat >"$device/plant/mosquitto.conf" <<END
user root
log_dest stderr
log_type all
listener 8443
certfile $device/plant/backend.pem
keyfile $device/plant/backend.key
cafile $device/plant/ca.pem
require_certificate true
use_identity_as_username true
END
  version_only "$1" >"$device/plant/openssl.cnf"
  OPENSSL_CONF=$device/plant/openssl.cnf mosquitto -c "$device/plant/mosquitto.conf" >"$device/peer.log" 2>&1 </dev/null &
  peer=$!
  processes+=("$peer")
  wait_for "the peer" listens 8443
}

version_only() {
  printf '%s\n' 'openssl_conf = init' '[init]' 'ssl_conf = ssl' '[ssl]' 'system_default = tls' '[tls]' \
    "MinProtocol = TLSv$1" "MaxProtocol = TLSv$1"
}

authenticate() {
  eval "with_provider as_account $(page_lines Client "$1")"
  cat "$device/peer.log"
}

# The peer speaks one version only.
page_shows() { grep -q "New client connected .* u'$2'" <<<"$3" || fail "not known as $2: $3"; }

bridges_to_the_plant() {
  local application port=1883
  for application in client-ec client-rsa; do
    peer_start 1.3
    broker "$(page_lines Bridge "$application")"
    wait_for "the bridge of $application" grep -q "New bridge connected .* u'$application'" "$device/peer.log"
    program_stop
    stop "$peer"
  done
}

passes_a_message_between_clients() {
  local directory tls subscriber
  directory=$(published client-rsa tls)
  tls=(-h gateway.example.com -p "$port" --cafile "$device/plant/ca.pem" --cert "$directory/fullchain.pem" --key "$directory/own/private/key.pem")
  broker "$(page_lines "Server that demands client certificates" server-rsa)"
  with_provider as_account mosquitto_pub "${tls[@]}" -q 1 -r -t plant/temperature -m 21.5
  [ "$(with_provider as_account mosquitto_sub "${tls[@]}" -W 60 -C 1 -t plant/temperature)" = 21.5 ] || fail "the message does not arrive"
  ! mosquitto_pub -h gateway.example.com -p "$port" --cafile "$device/plant/ca.pem" -q 1 -t plant/temperature -m 0 2>/dev/null ||
    fail "a client without a certificate"
  program_stop
}
