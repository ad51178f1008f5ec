// The plant's certification authority, whose key is a file: PKCS#10 in, X.509 out, both DER.
import { execFileSync } from 'node:child_process'

export function certify(directory, request) {
  const ca = ['-CA', `${directory}/ca.pem`, '-CAkey', `${directory}/ca.key`]
  const extensions = ['-copy_extensions', 'copyall', '-extfile', `${directory}/leaf.cnf`]
  const options = ['-inform', 'DER', '-outform', 'DER', ...ca, '-days', '30', ...extensions]
  return execFileSync('openssl', ['x509', '-req', ...options], { input: request, stdio: 'pipe' })
}
