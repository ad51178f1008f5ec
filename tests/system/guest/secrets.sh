# What is secret stands in no journal of any boot, and nowhere in the state.

password=$(cat "$plant/password")
pin=$(cat "$plant/pin")
journalctl --sync
journalctl --all --output=export >/run/whole-journal
# is_nowhere SECRET
is_nowhere() { fails grep -aqF -e "$1" /run/whole-journal && fails grep -arlF -e "$1" /var/lib/edgeseal /etc/edgeseal; }

check "the journal has all boots" equals 4 "$(journalctl --list-boots --quiet --no-pager | wc -l)"
check "and what was said in the first of them" grep -aqF "the one-time password was given" /run/whole-journal
check "the one-time password is nowhere" is_nowhere "$password"
check "nor without its dashes" is_nowhere "${password//-/}"
check "the PIN is nowhere" is_nowhere "$pin"
check "nor what the wrong one has in common with it" is_nowhere "${pin:4:20}"
check "the TAN is in no journal" fails grep -aqF -e "${pin: -3}" /run/whole-journal
check "the private key that was refused is nowhere" is_nowhere "$(sed -n 2p "$plant/gds.example.com.key")"
rm /run/whole-journal
