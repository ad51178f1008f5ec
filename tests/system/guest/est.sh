# Sourced: an EST server in the guest, /t/enroll/est_server.

est_url() { python3 -c 'import json; print(json.loads(open("/t/est.answers").readline())["urls"]["good"])'; }
est_answered() { equals "$1" "$(wc -l </t/est.answers)"; }

est_start() {
  mkdir /t/est
  mkfifo /t/est.commands
  /t/enroll/est_server /t/est </t/est.commands >/t/est.answers 2>/t/est.log &
  est=$!
  exec {est_commands}>/t/est.commands
  check "there is an EST server" until_true est_answered 1
  install -m 0644 /t/est/root.pem /etc/edgeseal/plant-root.pem
}
# est_takes_once SECRET
est_takes_once() {
  printf '{"do": "password", "user": "gateway", "secret": "%s", "uses": 1}\n' "$1" >&"$est_commands"
  check "it takes a secret, once" until_true est_answered 2
}
est_stop() {
  exec {est_commands}>&-
  wait "$est"
  rm /etc/edgeseal/plant-root.pem /t/est.commands
}

# est_profile SLOT LINE...: with these lines of [credentials]
est_profile() {
  local slot=$1
  shift
  cat <<END_OF_PROFILE
protocol = "est"
url = "$(est_url)"
slots = ["$slot"]
[trust]
anchors = ["/etc/edgeseal/plant-root.pem"]
[credentials]
first = ["secret"]
user = "gateway"
$(printf '%s\n' "$@")
[request]
subject = "O=Plant,CN=gateway"
END_OF_PROFILE
}
