# Two workers as www-data; as client of a backend by proxy_pass.
account=www-data
server_slot=https/https
client_slot=tls/tls-client
daemon=off
more=(serves_both_kinds_of_keys does_not_notice_restarts_of_the_agent does_not_notice_that_the_agent_was_killed
  goes_on_as_a_new_binary keeps_its_certificate_when_one_for_another_key_is_refused)

# nginx_with LISTEN LINES LOCATION-LINES
nginx_with() {
  mkdir -p "$device/nginx"
  cat >"$device/nginx/nginx.conf" <<CONF
user www-data;
$(page_lines "A new binary without a gap" "")
worker_processes 2;
daemon $daemon;
pid $device/nginx/pid;
error_log $device/program.log info;
events { }
http {
  access_log off;
  client_body_temp_path $device/nginx/body; proxy_temp_path $device/nginx/proxy; fastcgi_temp_path $device/nginx/fastcgi;
  uwsgi_temp_path $device/nginx/uwsgi; scgi_temp_path $device/nginx/scgi;
  server {
    listen $port $1;
    $2
    location / { $3 }
  }
}
CONF
  program_start /usr/sbin/nginx -p "$device/nginx" -e "$device/program.log" -c "$device/nginx/nginx.conf"
}

serve() { nginx_with ssl "$(page_lines Server "$1")" 'return 200 "served by nginx\n";'; }

authenticate() {
  nginx_with "" "" "proxy_pass https://backend.example.com:8443; $(page_lines Client "$1")"
  curl --silent --show-error --fail --max-time 60 "http://gateway.example.com:$port/"
  program_stop
}

reload() { kill -HUP "$program"; }

serves_both_kinds_of_keys() {
  nginx_with ssl "$(page_lines Server server-ec; page_lines Server server-rsa | grep ssl_certificate)" 'return 204;'
  expect_handshake 1.2 server-ec -sigalgs ECDSA+SHA256
  expect_handshake 1.2 server-rsa -sigalgs RSA-PSS+SHA256
  program_stop
}

replace_binary_five_times() {
  local i old
  for i in 1 2 3 4 5; do
    old=$(<"$device/nginx/pid")
    kill -USR2 "$old"
    wait_for "the new master" eval '[ -e "$device/nginx/pid.oldbin" ] && [ -s "$device/nginx/pid" ]'
    kill -QUIT "$old"
    wait_for "the end of the old master" eval '[ ! -e "$device/nginx/pid.oldbin" ]'
    five_handshakes_more
  done
}

goes_on_as_a_new_binary() {
  local daemon=on                       # else it ignores the signal: it takes its parent for an older binary
  serve server-ec
  handshakes_while replace_binary_five_times
  kill "$(<"$device/nginx/pid")"
  wait_for "the port" eval '! listens "$port"'
}

restart_agent_five_times() {
  local i
  for i in 1 2 3 4 5; do
    stop "$agent"
    agent_start
    five_handshakes_more
  done
}

does_not_notice_restarts_of_the_agent() {
  serve server-ec
  handshakes_while restart_agent_five_times
  program_stop
}

does_not_notice_that_the_agent_was_killed() {
  serve server-ec
  handshake 1.3 >"$device/handshake" 2>&1 || fail "before the kill"
  kill -KILL "$agent"
  wait "$agent" || :
  stop "$tpm"            # without a resource manager nobody unloads what the killed agent had loaded: a power cycle does
  tpm_start
  agent_start
  handshake 1.3 >"$device/handshake" 2>&1 || fail "after the kill"
  program_stop
}

keeps_its_certificate_when_one_for_another_key_is_refused() {
  serve server-ec
  ! edgesealctl certificate install server-ec "$device/plant/visitor.pem" 2>"$device/run/refusal" || fail "was taken"
  grep -q 'another key' "$device/run/refusal" || fail "$(cat "$device/run/refusal")"
  reload
  expect_handshake 1.3 server-ec
  program_stop
}
