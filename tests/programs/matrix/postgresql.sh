# A cluster as Debian makes and starts it: pg_ctlcluster gives it an environment of its own and becomes postgres. As client psql.
account=postgres
server_slot=tls/tls-server
client_slot=tls/tls-client
port=5432
client_options=(-starttls postgres)
refusal='not permitted'                 # its log has the reason of OpenSSL's queue, not its text
more=(wants_a_key_file_of_its_own_account_or_of_root has_more_sessions_than_the_agent_has_connections_for_it)
version=$(pg_config --version | grep -Eo '[0-9]+' | head -1)
export PGCONNECT_TIMEOUT=60

prepare() {
  install -d -o "$account" /run/postgresql
  for directory in /etc/postgresql /var/lib/postgresql /var/log/postgresql; do own_copy "$directory"; done
  pg_createcluster --port "$port" "$version" edge -- --no-sync --auth=trust >/dev/null
  settings=/etc/postgresql/$version/edge
  with_paths "$(page_lines Environment "")" | sed "s|/etc/edgeseal/openssl.cnf|$OPENSSL_CONF_EDGESEAL|" >"$settings/environment"
  echo "hostssl all all all trust clientcert=verify-ca" >"$settings/pg_hba.conf"
}

# with_paths LINES: for this cluster instead of the one of the page.
with_paths() { sed "s|/etc/postgresql/15/main|$settings|g; s|/etc/postgresql-tls|$settings/tls|g" <<<"$1"; }

# cluster_with LINES: with these settings besides Debian's. It listens before it takes sessions.
cluster_with() {
  printf '%s\n' "port = $port" "$1" >"$settings/conf.d/tls.conf"
  program_start pg_ctlcluster --foreground "$version" edge start
  wait_for "the end of its start" pg_isready --quiet --host=127.0.0.1 --port="$port"
}

serve() {
  eval "$(with_paths "$(page_lines Files "$1")")"
  cluster_with "$(with_paths "$(page_lines Server "$1")")"
}

reload() {
  eval "$(with_paths "$(page_lines Files server-ec)")"
  pg_ctlcluster "$version" edge reload
}

# peer_start VERSION: the same cluster with a key in a file, which speaks this version alone and demands certificates.
peer_start() {
  local port=8443
  install -o "$account" -m 600 "$device/plant/backend.key" "$settings/backend.key"
  cluster_with "$(printf '%s\n' "ssl = on" "ssl_cert_file = '$device/plant/backend.pem'" "ssl_key_file = '$settings/backend.key'" \
    "ssl_ca_file = '$device/plant/ca.pem'" "ssl_min_protocol_version = 'TLSv$1'" "ssl_max_protocol_version = 'TLSv$1'")"
  peer=$program
}

authenticate() {
  local files=$device/client
  install -d -o "$account" "$files"
  eval "$(page_lines "Key file of a client" "$1" | sed "s|/etc/sensor|$files|g; s|--group=sensor|--group=$account|")"
  with_provider as_account psql --no-psqlrc --tuples-only --no-align "$(page_lines Client "$1" | sed "s|/etc/sensor|$files|g; s|user=sensor|user=$account|")" \
    --command "select version, client_serial, client_dn from pg_stat_ssl where pid = pg_backend_pid()"
}

page_shows() {
  local serial
  serial=$(python3 -c "print(0x$(serial_of "$device/plant/$2.pem"))")
  [ "$3" = "TLSv$1|$serial|/CN=$2" ] || fail "another session: $3"
}

# The published reference belongs to the agent.
wants_a_key_file_of_its_own_account_or_of_root() {
  eval "$(with_paths "$(page_lines Files server-ec)")"
  chown nobody "$settings/tls/key.pem"
  ! timeout 60 pg_ctlcluster --foreground "$version" edge start >"$device/handshake" 2>&1 || fail "it starts"
  grep -q 'must be owned by the database user or root' "$device/handshake" || fail "another reason"
}

# query COMMAND: one that has a key in a file.
query() {
  psql --no-psqlrc --tuples-only --no-align "host=gateway.example.com port=$port dbname=postgres user=postgres sslmode=verify-full
    sslrootcert=$device/plant/ca.pem sslcert=$device/plant/visitor.pem sslkey=$device/plant/visitor.key" --command "$1"
}

has_sessions() { [ "$(query 'select count(*) from pg_stat_ssl where ssl')" -ge "$1" ]; }

# Each session is a process, which keeps its connection to the agent.
has_more_sessions_than_the_agent_has_connections_for_it() {
  local session
  sed -i '/^\[key-socket\]/a max-connections-per-user = 3' "$device/etc/edgeseal.toml"
  stop "$agent"
  agent_start
  serve server-ec
  for session in 1 2 3 4 5 6; do
    query "select pg_sleep(600)" >/dev/null 2>&1 &
    processes+=($!)
  done
  wait_for "six sessions" has_sessions 7
  query "select pg_terminate_backend(pid) from pg_stat_ssl where ssl and pid <> pg_backend_pid()" >/dev/null
  program_stop
}
