# Certificates that come and renew themselves, in the booted system: profiles are dropped into enrolment.d, and nobody starts
# edgeseal-enroll by hand.

. ./est.sh

profiles=/etc/edgeseal/enrolment.d
line=/var/lib/edgeseal/pki/line/https
authority=/var/lib/edgeseal/pki/authority/tls/fullchain.pem
gauge=/var/lib/edgeseal/pki/gauge/https/fullchain.pem
secret=open-sesame-4711

# profile NAME: from the standard input; the agent reads it at its start.
profile() { cat >"$profiles/$1.toml" && systemctl restart edgeseald.service; }
enroller_is() { equals "$1" "$(state_of edgeseal-enroll.service)"; }
in_enrollers_view() { nsenter --target "$(property edgeseal-enroll.service MainPID)" --mount setpriv --reuid=edgeseal-enroll --clear-groups "$@"; }

# --- an authority whose key is in this TPM

edgesealctl application create authority --slot tls/tls-server=ec-p256 >/dev/null
edgesealctl application create gauge --slot https/https=ec-p256 >/dev/null
check "a profile makes an authority of a key in the TPM" profile authority <<'END'
protocol = "self-signed"
authority = true
slots = ["authority/tls/tls-server"]
END
check "it gets its certificate" until_true openssl x509 -noout -in "$authority"
check "another profile has it issue" profile gauge <<'END'
protocol = "local-ca"
ca = "authority/tls/tls-server"
slots = ["gauge/https/https"]
END
check "a slot gets its certificate, with nobody's call" until_true openssl verify -CAfile "$authority" "$gauge"
check "that takes no network, and nobody who has one" enroller_is inactive

# --- EST, against a server of its own

serial() { openssl x509 -noout -serial -in "$line/fullchain.pem"; }
shown() {
  without_provider openssl s_client -connect 127.0.0.1:6443 </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null
}
shows_the_newest() { equals "$(serial)" "$(shown)"; }
# renew_line: the certificate is another one afterwards
renew_line() {
  local before
  before=$(serial)
  edgesealctl renew line --wait && fails equals "$before" "$(serial)"
}

est_start
est_takes_once "$secret"
install -m 0600 /dev/null /t/secret
printf %s "$secret" >/t/secret

edgesealctl application create line >/dev/null
check "a profile names the server" profile line < <(est_profile line/https/https)
check "nobody runs jobs before there is one" enroller_is inactive
check "A15: a certificate is enrolled by the secret" edgesealctl enroll line --secret-file /t/secret --wait
rm /t/secret
check "it is one of the plant" grep -q "Plant Issuing" <(openssl x509 -noout -issuer -in "$line/fullchain.pem")
check "the agent had edgeseal-enroll started for it" enroller_is active
check "in an account of its own" equals edgeseal-enroll "$(stat -c %U "/proc/$(property edgeseal-enroll.service MainPID)")"
for hidden in /var/lib/edgeseal /etc/edgeseal /dev/shm; do
  check "which does not see $hidden" refused "Permission denied" in_enrollers_view ls "$hidden"
done
check "and has no TPM" fails in_enrollers_view sh -c 'ls /dev/tpm*'
check "nobody but it takes its name on the bus" refused "Access denied" \
  busctl call org.freedesktop.DBus / org.freedesktop.DBus RequestName su org.edgeseal.Enroll1 0
check "the journal explains what happened" grep -q "A certificate was enrolled or renewed: line/https/https" \
  <(journalctl --sync && journalctl --boot --catalog MESSAGE_ID=d118f3a720a546de81e7acaeb6b655cd)

# --- what follows a renewal

install -D -m 0755 /dev/stdin /usr/local/libexec/renewed <<'END'
#!/bin/sh
echo "renewed $EDGESEAL_APPLICATION in $EDGESEAL_DIRECTORY as $(id -u) with $*: $(openssl x509 -noout -serial -in "$CREDENTIALS_DIRECTORY/fullchain.pem")"
touch /etc/edgeseal/written || touch /var/tmp/written
END
cat >/etc/systemd/system/watcher.service <<'END'
[Service]
Type=notify
NotifyAccess=all
RuntimeDirectory=watcher
ExecStart=/bin/sh -c 'trap "touch /run/watcher/told" USR1; systemd-notify --ready; while :; do sleep 3600 & wait; done'
END
systemctl daemon-reload
snapshot >/t/before-attach
cat >/etc/nginx/conf.d/site.conf.part <<'END'
server {
  listen 127.0.0.1:6443 ssl;
  location / { return 200 "served\n"; }
END
hook=edgeseal-hook-nginx.line.https.service
hook_ran() { journal_of "$hook" | grep -E "renewed line in $line as [1-9][0-9]* with --line 4: $(serial)"; }
check "nginx is attached, and a program that follows renewals" attach_and_note nginx.service line --exec /usr/local/libexec/renewed -- --line 4
check "its unit is without fault" equals "" "$(systemd-analyze verify --man=no "$hook" 2>&1)"
check "exposure of its unit is at most 2.0" exposed_at_most 2.0 "$hook"
configure_nginx
check "nginx restarts with the key of the line" systemctl restart nginx.service
check "a service that handles a signal runs" systemctl start watcher.service
check "it is attached" edgesealctl attach watcher.service line --signal USR1
check "A15: the certificate is renewed, by itself alone" renew_line
check "nginx is reloaded" until_true shows_the_newest
check "the other service has its signal" until_true test -e /run/watcher/told
check "and goes on" equals active "$(state_of watcher.service)"
check "the program ran, as nobody in particular, with the new certificate" until_true hook_ran
check "it wrote nothing" fails ls /etc/edgeseal/written
check "nor where others see it" fails ls /var/tmp/written
check "nginx is detached" edgesealctl detach nginx.service
check "the other service is detached" edgesealctl detach watcher.service
check "every file is as before" unchanged /t/before-attach
systemctl stop nginx.service watcher.service
rm /etc/nginx/conf.d/site.conf /etc/systemd/system/watcher.service /usr/local/libexec/renewed
systemctl daemon-reload

# --- who runs jobs ends, and is started again

# Where it is started so often, the limit of systemd is for crashes.
rest_soon() {
  mkdir -p /run/systemd/system/edgeseal-enroll.service.d
  printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=\nExecStart=/usr/libexec/edgeseal-enroll --idle-seconds=1\n' \
    >/run/systemd/system/edgeseal-enroll.service.d/rest.conf
  systemctl daemon-reload && systemctl restart edgeseal-enroll.service
}
renew_often() {
  local i
  for i in 1 2 3 4 5 6 7 8; do
    renew_line || { echo "at renewal $i"; return 1; }
    # Some are wanted while it is there, some while it ends, some afterwards.
    ((i % 2)) || until_true enroller_is inactive || return 1
  done
}
check "with nothing to do it ends" eval "rest_soon && until_true enroller_is inactive"
check "it is started again, whenever a job comes" renew_often
rm -r /run/systemd/system/edgeseal-enroll.service.d
systemctl daemon-reload

says_why() { edgesealctl --json job list | grep -q "nobody runs jobs: Unit edgeseal-enroll.service is masked"; }
before=$(serial)
renewed() { fails equals "$before" "$(serial)"; }
systemctl mask --now edgeseal-enroll.service
check "where it is masked, a renewal is wanted" edgesealctl renew line
check "the job says that nobody runs it, and why" until_true says_why
check "so does the journal" grep -q "is masked" <(journalctl --sync && journalctl --boot MESSAGE_ID=8028a6b3aa31466fa664de61393c3303)
systemctl unmask edgeseal-enroll.service
check "unmasked and started" systemctl start edgeseal-enroll.service
check "it finds the job" until_true renewed

journalctl --sync
check "A12: the secret is in no journal" fails grep -aqF "$secret" <(journalctl --boot --all --output=export)
check "A12: nor on the disk" fails grep -arlF "$secret" /var/lib/edgeseal /etc/edgeseal

est_stop
rm -r "$profiles"/{authority,gauge,line}.toml
systemctl restart edgeseald.service
for application in line gauge authority; do edgesealctl application delete "$application" --yes >/dev/null; done
