# Sourced by run: the first boot of another machine, whose image has one file of its own, and that gets its others as credentials.

# file_line PATH CONTENT: as tmpfiles.d(5) writes a file where there is none.
file_line() { echo "f~ /etc/edgeseal/$1 0644 root root - $(printf '%s\n' "$2" | base64 --wrap=0)"; }

# first_boot SCRATCH NUMBER PACKAGE...
first_boot() {
  local scratch=$1 number=$2
  shift 2
  mkdir -p "$scratch"
  make_root "$scratch/root" "$@"
  put_checks "$scratch/root" "$@"
  install -D --mode=644 /dev/stdin "$scratch/root/etc/edgeseal/applications.d/kept.toml" <<<'account = "daemon"'
  {
    file_line applications.d/web.toml 'account = "www-data"'
    file_line applications.d/kept.toml 'account = "www-data"'
    file_line enrolment.d/plant.toml 'protocol = "external"
slots = ["web"]'
  } >"$scratch/files"
  printf sesame >"$scratch/secret"
  nspawn_options=("--load-credential=tmpfiles.extra:$scratch/files" "--load-credential=edgeseal.secret:$scratch/secret")
  boot "$scratch" "$number"
}
