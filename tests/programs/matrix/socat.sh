account=www-data
server_slot=tls/tls-server
client_slot=tls/tls-client
refusal='not permitted'                 # it tells the reason of OpenSSL's queue, not its text
port=4433

serve() { eval "program_start \"\${becoming[@]}\" $(page_lines Server "$1")"; }
authenticate() { printf 'GET / HTTP/1.0\r\n\r\n' | eval "with_provider as_account $(page_lines Client "$1")"; }
