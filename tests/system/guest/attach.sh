# Services are attached to keys: restarted once, they serve with them; after a renewal they are reloaded by themselves;
# detached, nothing is left.

site=/var/lib/edgeseal/pki/site/https

# What attach may change, as text.
snapshot() {
  find /etc/systemd/system /etc/edgeseal /var/lib/haproxy /etc/signer -xdev \( -type f -o -type l -o -type d \) -printf '%p %M %u %l\n' | sort
  find /etc/systemd/system /etc/edgeseal -xdev -type f -exec sha256sum {} + | sort
}
unchanged() { diff "$1" <(snapshot); }
without_provider() { env --unset=OPENSSL_CONF "$@"; }

# renew APPLICATION: a new key and certificate
renew() {
  rm -f "/t/$1.csr"
  edgesealctl csr "$1" --new-key --dns gateway.example --out "/t/$1.csr" &&
    openssl x509 -req -in "/t/$1.csr" -CA /t/ca.pem -CAkey /t/ca.key -days 1 -copy_extensions copy -out "/t/$1.pem" &&
    edgesealctl certificate install "$1" "/t/$1.pem" --chain /t/ca.pem
}
# serves PORT APPLICATION: what a client sees that knows nothing of the provider is the newest certificate, and its key signs
serves() {
  local shown
  shown=$(without_provider openssl s_client -connect "127.0.0.1:$1" -CAfile /t/ca.pem -verify_hostname gateway.example \
    -verify_return_error </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null) || return 1
  equals "$(openssl x509 -noout -serial -in "/t/$2.pem")" "$shown"
}
# attach_and_note ARGUMENT...: the lines for the configuration of the program go to /t/lines.
attach_and_note() {
  edgesealctl attach "$@" >/t/attached || return 1
  sed -n '/^Put into its configuration:/,/^$/s/^  //p' /t/attached >/t/lines
}
access_of() { edgesealctl --json application show "$1" | grep -o '"access":\[[^]]*\]'; }

# --- what OpenSSL reads

edgesealctl openssl-conf >/t/full.cnf
# with_policy LINE COMMAND...: with a policy of the system for TLS
with_policy() {
  local line=$1 status
  shift
  cp /etc/ssl/openssl.cnf /t/openssl.cnf.before
  sed -i 's/^\[openssl_init\].*/&\nssl_conf = test_policy/' /etc/ssl/openssl.cnf
  printf '[test_policy]\nsystem_default = test_default\n[test_default]\n%s\n' "$line" >>/etc/ssl/openssl.cnf
  "$@"
  status=$?
  cat /t/openssl.cnf.before >/etc/ssl/openssl.cnf
  return "$status"
}
providers() { OPENSSL_CONF=/t/full.cnf openssl list -providers | sed -n 's/^  \([a-z]*\)$/\1/p' | tr '\n' ' '; }
signs_with_full() { OPENSSL_CONF=/t/full.cnf signs edgeseal:web web; }
# shakes_hands OPTION...: s_server with the managed key and the printed configuration, a client without a policy
shakes_hands() {
  local server status
  rm -rf /run/policy
  mkdir /run/policy
  OPENSSL_CONF=/t/full.cnf openssl s_server -unix /run/policy/sock -cert "$published/fullchain.pem" -key "$key_reference" -quiet >/run/policy/log 2>&1 &
  server=$!
  until_true eval "test -S /run/policy/sock || ! kill -0 $server" &&
    OPENSSL_CONF=/dev/null openssl s_client -unix /run/policy/sock -CAfile /t/ca.pem -verify_return_error -brief "$@" </dev/null 2>&1
  status=$?
  kill "$server"
  wait "$server"
  cat /run/policy/log
  return "$status"
}

check "the printed configuration activates both providers, the default one too" equals "default edgeseal " "$(providers)"
check "a program signs with it" signs_with_full
check "without a policy of the system a server with it speaks TLS 1.2" shakes_hands -tls1_2
check "the system's minimum of the protocol stays in force" \
  with_policy "MinProtocol = TLSv1.3" refused "alert protocol version" shakes_hands -tls1_2
check "with it, TLS 1.3 is spoken over the managed key" with_policy "MinProtocol = TLSv1.3" shakes_hands -tls1_3
check "the system's security level stays in force" \
  with_policy "CipherString = DEFAULT@SECLEVEL=4" refused "ee key too small" shakes_hands -tls1_2

# --- a service whose master is root, and whose workers are not

install -d /etc/signer
snapshot >/t/before-attach
check "create an application for it" edgesealctl application create site
check "certify it" renew site
check "an unprivileged account attaches nothing" refused "only root" as stranger edgesealctl attach nginx.service site
check "a unit that is not there is named" refused "no nosuch.service.*" edgesealctl attach nosuch.service site
check "an application that is not there is named" refused "no application \"nothing\"" edgesealctl attach nginx.service nothing
check "a dry run shows the files" grep -q "PathChanged=$site" <(edgesealctl attach nginx.service site --dry-run)
check "and writes none" unchanged /t/before-attach

cat >/etc/nginx/conf.d/site.conf.part <<END
server {
  listen 127.0.0.1:4443 ssl;
  ssl_protocols TLSv1.2 TLSv1.3;
  location / { return 200 "served\n"; }
END
configure_nginx() {
  { cat /etc/nginx/conf.d/site.conf.part /t/lines; echo "}"; } >/etc/nginx/conf.d/site.conf
  rm /etc/nginx/conf.d/site.conf.part
}
as_anyone() {
  as stranger env --unset=OPENSSL_CONF curl --silent --show-error --fail --cacert /t/ca.pem \
    --resolve gateway.example:4443:127.0.0.1 https://gateway.example:4443/
}
check "nginx is attached" attach_and_note nginx.service site
check "what it wrote is without fault" equals "" "$(systemd-analyze verify --man=no nginx.service 'edgeseal-reload-nginx.site.https.path' 2>&1)"
check "exposure of what reloads it is at most 2.0" exposed_at_most 2.0 edgeseal-reload-nginx.site.https.service
check "renewals are watched" equals active "$(state_of 'edgeseal-reload-nginx.site.https.path')"
snapshot >/t/attached-once
check "attached twice, it is attached once" edgesealctl attach nginx.service site/https
check "and nothing differs" unchanged /t/attached-once
check "the attachment is listed" grep -q "nginx.service  *site/https  *unit=nginx.service" <(edgesealctl attachments)
configure_nginx
check "nginx restarts with the lines that attach said" systemctl restart nginx.service
check "anyone's curl is served over the key of the unit" equals served "$(as_anyone)"
check "the account of the workers may not use the key elsewhere" refused "no access rule" \
  as www-data openssl dgst -sha256 -sign edgeseal:site /etc/hostname

nginx_before=$(property nginx.service MainPID)
for renewal in 1 2 3 4 5; do
  check "renewal $renewal: a new key and certificate" renew site
  check "renewal $renewal: nginx serves them by itself" until_true serves 4443 site
done
renew_at_once() { renew site && renew site && renew site; }
check "three renewals at once" renew_at_once
check "nginx serves the last one by itself" until_true serves 4443 site
check "it was reloaded, not restarted" equals "$nginx_before" "$(property nginx.service MainPID)"
reloader=edgeseal-reload-nginx.site.https.service
newest_worker() { pgrep --newest --parent "$nginx_before"; }
has_looked_since() { [ "$(property "$reloader" ExecMainStartTimestampMonotonic)" != "$1" ] && has_ended "$reloader"; }
# nginx begins a worker some time after systemd has sent it the signal.
no_reload_is_under_way() {
  local worker
  worker=$(newest_worker)
  has_ended "$reloader" && [ -z "$(systemctl list-jobs --no-legend)" ] && sleep 2 && [ "$worker" = "$(newest_worker)" ]
}
openssl req -config /etc/ssl/openssl.cnf -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 1 -subj "/CN=refused" \
  -keyout /t/refused.key -out /t/refused.pem 2>/dev/null
check "the reloads of the renewals are over" until_true no_reload_is_under_way
worker=$(newest_worker)
looked=$(property "$reloader" ExecMainStartTimestampMonotonic)
check "a peer is refused" refused "Certificate" edgesealctl trust validate site /t/refused.pem
check "what is published shows it" until_true has_looked_since "$looked"
check "nobody reloads for that" equals "$worker" "$(newest_worker)"
check "the watch did not fail" equals active "$(state_of 'edgeseal-reload-nginx.site.https.path')"

check "nginx is detached" edgesealctl detach nginx.service site
check "every file is as before" unchanged /t/before-attach
check "its access rule is gone" equals '"access":[]' "$(access_of site)"
check "without the provider nginx does not start with the key" fails systemctl restart nginx.service
check "detached twice, it is still detached" grep -q "Nothing is attached" <(edgesealctl detach nginx.service)
rm /etc/nginx/conf.d/site.conf
check "without the key it starts as ever" systemctl restart nginx.service
runs_without() { edgesealctl doctor >/t/doctor; grep "nginx.service runs without the provider" /t/doctor; }
check "attached again, and not restarted" edgesealctl attach nginx.service site
check "the doctor tells that it runs without the provider" runs_without
check "restarted" systemctl restart nginx.service
check "it runs with the provider" fails runs_without
check "detached" edgesealctl detach nginx.service

# --- a service with an account of its own, and copies for it

cat >/etc/systemd/system/signer.service <<END
[Service]
Type=oneshot
User=web
ExecStart=openssl dgst -sha256 -sign \${KEY} -out /dev/null /etc/hostname
Environment=KEY=$site/own/private/key.pem
END
systemctl daemon-reload
snapshot >/t/before-attach
reads_as_web() { as web openssl x509 -noout -in "$site/fullchain.pem"; }
use_copy() {
  mkdir -p /run/systemd/system/signer.service.d
  printf '[Service]\nEnvironment=KEY=/etc/signer/key.pem\n' >/run/systemd/system/signer.service.d/copy.conf
  systemctl daemon-reload
}
use_provider_by_hand() {
  printf '[Service]\nEnvironment=OPENSSL_CONF=/usr/share/edgeseal/openssl.cnf KEY=edgeseal:site\n' >/run/systemd/system/signer.service.d/copy.conf
  systemctl daemon-reload
}
signer_says() {
  fails systemctl start signer.service || return 1
  journalctl --sync
  journalctl --unit=signer.service --output=cat | grep "$1"
}
# copy_is_current [DIRECTORY]
copy_is_current() {
  local copies=${1-/etc/signer}
  cmp "$copies/key.pem" "$site/own/private/key.pem" && cmp "$copies/fullchain.pem" "$site/fullchain.pem"
}
home_of_copies=/home/signer
install -d "$home_of_copies" /t/of-web/tls
chown web /t/of-web

check "its account does not read the files before" fails reads_as_web
check "it is attached" edgesealctl attach signer site
check "the rule names account and unit" equals '"access":["user=web,unit=signer.service"]' "$(access_of site)"
check "its account reads the files" reads_as_web
check "it signs" systemctl start signer.service
check "its account does not sign elsewhere" refused "no access rule" as web openssl dgst -sha256 -sign edgeseal:site /etc/hostname
check "attached with copies, it has them at its start" eval "edgesealctl attach signer site --copy-to /etc/signer && use_copy && systemctl start signer.service"
check "the copies are root's, and its group reads them" equals "root web 640" "$(stat -c '%U %G %a' /etc/signer/key.pem)"
check "a renewal" renew site
check "the copies follow by themselves" until_true copy_is_current
check "it signs with the copy" systemctl start signer.service
check "exposure of what copies is at most 2.0" exposed_at_most 2.0 edgeseal-reload-signer.site.https.service
check "copies are not put where its account could lead root elsewhere" refused "/t/of-web can be changed" edgesealctl attach signer site --copy-to /t/of-web/tls
check "copies may be wanted below a home" edgesealctl attach signer site --copy-to "$home_of_copies"
check "a renewal" renew site
check "they follow there, too" until_true copy_is_current "$home_of_copies"
rm "/etc/systemd/system/signer.service.d/50-edgeseal-site.https.conf"
check "half of it is left and detached" edgesealctl detach signer.service
check "every file is as before" unchanged /t/before-attach
edgesealctl attach signer site >/dev/null
check "attached and detached" edgesealctl detach signer site
use_provider_by_hand
check "with the provider set up by hand it may not use the key any more" signer_says "no access rule"
check "attach leaves a provider that was set up by hand alone" refused "OPENSSL_CONF" edgesealctl attach signer site
echo "OPENSSL_CONF=/usr/share/edgeseal/openssl.cnf" >/t/signer.environment
printf '[Service]\nEnvironmentFile=/t/signer.environment\n' >/run/systemd/system/signer.service.d/copy.conf
systemctl daemon-reload
check "and one in a file of its environment" refused "in /t/signer.environment" edgesealctl attach signer site
rm -r /run/systemd/system/signer.service.d /etc/systemd/system/signer.service "$home_of_copies"
systemctl daemon-reload

# --- a program that changes to its account by itself, and one that locks itself in

snapshot >/t/before-attach
configure_mosquitto() {
  { echo "listener 8883 127.0.0.1"; echo "allow_anonymous true"; cat /t/lines; } >/etc/mosquitto/conf.d/site.conf
}
check "mosquitto is attached" attach_and_note mosquitto.service site
check "its account is known" equals '"access":["user=mosquitto,unit=mosquitto.service"]' "$(access_of site)"
configure_mosquitto
check "mosquitto restarts with the lines that attach said" systemctl restart mosquitto.service
check "it serves" until_true serves 8883 site
check "a renewal" renew site
check "it serves the new certificate by itself" until_true serves 8883 site
mosquitto_before=$(property mosquitto.service MainPID)
check "it may be restarted after each renewal" edgesealctl attach mosquitto.service site --restart
check "a renewal" renew site
check "it is restarted by itself" until_true eval 'fails equals "$mosquitto_before" "$(property mosquitto.service MainPID)" >/dev/null'
check "and serves the new certificate" until_true serves 8883 site

configure_haproxy() {
  { printf '\nfrontend site\n  mode http\n  http-request return status 200\n'; sed -n 's/^bind :443/  bind 127.0.0.1:5443/p' /t/lines; } >>/etc/haproxy/haproxy.cfg
}
check "haproxy is attached beside it" attach_and_note haproxy.service site
configure_haproxy
check "haproxy restarts with the lines that attach said" systemctl restart haproxy.service
check "it serves out of its chroot" until_true serves 5443 site
check "a renewal" renew site
check "haproxy serves the new certificate by itself" until_true serves 5443 site
check "mosquitto, too" until_true serves 8883 site
check "mosquitto is detached" edgesealctl detach mosquitto.service
check "haproxy is still attached" grep -q "haproxy.service" <(edgesealctl attachments)
check "haproxy still serves" serves 5443 site
check "haproxy is detached" edgesealctl detach haproxy.service site/https
systemctl stop haproxy.service mosquitto.service
check "every file is as before" unchanged /t/before-attach
check "nobody may use the key any more" equals '"access":[]' "$(access_of site)"

# --- an application that stands in a file

printf 'access = ["unit=nginx.service"]\n' >/etc/edgeseal/applications.d/declared.toml
systemctl restart edgeseald.service
check "a rule that a file gives is enough" edgesealctl attach nginx.service declared
check "another service is refused, with the line that is missing" refused 'add "unit=signer.service"|add "user=mosquitto,unit=mosquitto.service"' \
  edgesealctl attach mosquitto.service declared
check "the rule stays" edgesealctl detach nginx.service
check "it is the file's" equals '"access":["unit=nginx.service"]' "$(access_of declared)"
rm /etc/edgeseal/applications.d/declared.toml
systemctl restart edgeseald.service
edgesealctl application delete declared --yes >/dev/null
edgesealctl application delete site --yes >/dev/null
