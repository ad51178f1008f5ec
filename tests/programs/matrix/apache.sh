# Debian's own configuration, whose processes for connections are www-data's.
account=www-data
server_slot=https/https
client_slot=tls/tls-client
more=(renews_its_client_file)

prepare() {
  mkdir -p /run/apache2 /run/lock
  own_copy /etc/apache2
  own_copy /var/log/apache2
  a2enmod --quiet ssl proxy proxy_http
  a2dissite --quiet 000-default
  echo "ServerName gateway.example.com" >/etc/apache2/conf-enabled/name.conf
  sed -i 's/^Listen 80$/#&/' /etc/apache2/ports.conf
}

# apache_with LINE...: one site of these lines.
apache_with() {
  printf '%s\n' "ErrorLog $device/program.log" "$(page_lines "What it says of a refusal" "")" "$@" >/etc/apache2/sites-enabled/site.conf
  program_start bash -c '. /etc/apache2/envvars && exec apache2 -D FOREGROUND'
}

serve() { apache_with "$(page_lines Server "$1")"; }

# relay APPLICATION: a client of the backend, for whoever asks.
relay() {
  eval "$(page_lines "Client file" "$1")"
  apache_with "$(page_lines Client "$1")"
}

relayed_page() { curl --silent --show-error --fail --max-time 60 "http://gateway.example.com:$port/"; }

authenticate() {
  relay "$1"
  relayed_page
  program_stop
}

reload() { apachectl graceful; }

shows_client_certificate() { [ "$(shown_serial "$(relayed_page)")" = "$(serial_of "$device/plant/client-ec.pem")" ]; }

renews_its_client_file() {
  peer_start 1.3
  relay client-ec
  shows_client_certificate || fail "before the renewal"
  certify client-ec --new-key
  eval "$(page_lines "Client file" client-ec)"
  reload
  wait_for "the new certificate" shows_client_certificate
  program_stop
  stop "$peer"
}
