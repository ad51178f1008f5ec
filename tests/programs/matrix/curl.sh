# Client only; by the reference as PEM file, and in one file with the certificates.
account=www-data
client_slot=tls/tls-client
refusal='not permitted'                 # it tells the reason of OpenSSL's queue, not its text

authenticate() { eval "with_provider as_account $(page_lines Client "$1")"; }
