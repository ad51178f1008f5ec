# A configuration that others may write is refused, with the reason; once mended, the agent starts by itself.

# insecure MODE PATH
insecure() {
  local cursor output
  cursor=$(journalctl --lines=0 --show-cursor | sed -n 's/^-- cursor: //p')
  chmod "$1" "$2"
  fails systemctl restart edgeseald.service 2>/dev/null || return 1
  journalctl --sync
  output=$(journalctl --unit=edgeseald.service --after-cursor="$cursor" --output=cat)
  grep -F "$2" <<<"$output" || { echo "no word of $2 in:"; echo "$output"; return 1; }
}

check "a directory that others may write is refused, and named in the journal" insecure 777 /etc/edgeseal
chmod 755 /etc/edgeseal
check "mended, the agent starts by itself" until_true systemctl --quiet is-active edgeseald.service
check "a file that others may write is refused, and named in the journal" insecure 666 /etc/edgeseal/edgeseal.toml
check "the key socket goes on listening" equals active "$(systemctl is-active edgeseald.socket)"
chmod 644 /etc/edgeseal/edgeseal.toml
chmod 600 /etc/edgeseal/edgeseal.toml
check "root hears of a file that the agent may not read" refused "edgeseal may not read it" edgesealctl config check
chown edgeseal /etc/edgeseal/edgeseal.toml
check "one that belongs to the agent is good" edgesealctl config check
chown root /etc/edgeseal/edgeseal.toml
chmod 644 /etc/edgeseal/edgeseal.toml
check "a program that signs meanwhile waits and is served" signs edgeseal:web web
