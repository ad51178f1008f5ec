# Two workers as www-data; as client of a backend by proxy_pass.
account=www-data
server_slot=https/https
client_slot=tls/tls-client

# nginx_with LISTEN LINES LOCATION-LINES
nginx_with() {
  mkdir -p "$device/nginx"
  cat >"$device/nginx/nginx.conf" <<CONF
user www-data;
worker_processes 2;
daemon off;
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
  program_start nginx -p "$device/nginx" -e "$device/program.log" -c "$device/nginx/nginx.conf"
}

serve() { nginx_with ssl "$(page_lines Server "$1")" 'return 200 "served by nginx\n";'; }

authenticate() {
  nginx_with "" "" "proxy_pass https://backend.example.com:8443; $(page_lines Client "$1")"
  curl --silent --show-error --fail --max-time 10 "http://gateway.example.com:$port/"
  program_stop
}

reload() { kill -HUP "$program"; }
