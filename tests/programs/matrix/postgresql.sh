# The server as postgres, which refuses root; as client psql.
account=postgres
server_slot=tls/tls-server
client_slot=tls/tls-client
port=5432
client_options=(-starttls postgres)
more=(wants_a_key_file_of_its_own)
refusal='not permitted'                 # its log has the reason of OpenSSL's queue, not its text
programs=$(pg_config --bindir)
export PGCONNECT_TIMEOUT=10

prepare() {
  cluster=$device/cluster
  install -d -o "$account" -m 700 "$cluster"
  as_account "$programs/initdb" --no-sync --auth=trust --pgdata "$cluster" >/dev/null
  echo "hostssl all all all trust clientcert=verify-ca" >"$cluster/pg_hba.conf"
  chmod 644 "$cluster/pg_hba.conf"
}

# settings LINES: those of the lines, at $port.
settings() { printf '%s\n' "unix_socket_directories = ''" "port = $port" "fsync = off" "$1" >"$cluster/postgresql.conf"; }

postgres_with() {
  settings "$1"
  program_start "${becoming[@]}" "$programs/postgres" -D "$cluster"
}

serve() {
  copy_key() { eval "$(page_lines "Key file" "$1" | sed "s|/etc/postgresql|$device/etc|")"; }
  copy_key "$1"
  postgres_with "$(page_lines Server "$1" | sed "s|/etc/postgresql|$device/etc|")"
}

reload() {
  copy_key server-ec
  as_account "$programs/pg_ctl" reload --silent --pgdata "$cluster"
}

# peer_start VERSION: the same cluster with a key in a file, which speaks this version alone and demands certificates.
peer_start() {
  local port=8443
  install -o "$account" -m 600 "$device/plant/backend.key" "$cluster/backend.key"
  postgres_with "$(printf '%s\n' "ssl = on" "ssl_cert_file = '$device/plant/backend.pem'" "ssl_key_file = 'backend.key'" \
    "ssl_ca_file = '$device/plant/ca.pem'" "ssl_min_protocol_version = 'TLSv$1'" "ssl_max_protocol_version = 'TLSv$1'")"
  peer=$program
}

authenticate() {
  eval "$(page_lines "Key file of a client" "$1" | sed "s|/etc/sensor|$device/etc|")"
  with_provider as_account psql --no-psqlrc --tuples-only --no-align "$(page_lines Client "$1" | sed "s|/etc/sensor|$device/etc|")" \
    --command "select version, client_serial, client_dn from pg_stat_ssl where pid = pg_backend_pid()"
}

page_shows() {
  local serial
  serial=$(python3 -c "print(0x$(serial_of "$device/plant/$2.pem"))")
  [ "$3" = "TLSv$1|$serial|/CN=$2" ] || fail "another session: $3"
}

# The published reference belongs to the agent.
wants_a_key_file_of_its_own() {
  install -o nobody -m 644 "$(published server-ec tls)/own/private/key.pem" "$device/etc/key.pem"
  settings "$(page_lines Server server-ec | sed "s|/etc/postgresql|$device/etc|")"
  ! with_provider timeout 20 "${becoming[@]}" "$programs/postgres" -D "$cluster" >"$device/handshake" 2>&1 || fail "it starts"
  grep -q 'must be owned by the database user or root' "$device/handshake" || fail "another reason"
}
