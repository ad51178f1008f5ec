// What the agent publishes for an application, as node-opcua takes it: the key as opaque operations, with its certificates.
// OpenSSL's provider sends what is to be signed or decrypted to the agent.
import { constants, createPrivateKey, privateDecrypt, sign, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { OpaqueCertificateKeyPairProvider } from 'node-opcua'

const sign_in_thread = promisify(sign)
const hash_names = { 'SHA-1': 'sha1', 'SHA-256': 'sha256' }

// IKeyOperations of node-opcua.
class AgentKey {
  #key
  #public_key
  constructor(key, public_key) {
    this.#key = key
    this.#public_key = public_key
  }

  sign(data, { padding, hash }) {
    const scheme =
      padding === 'RSA-PSS'
        ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
        : { padding: constants.RSA_PKCS1_PADDING }
    return sign_in_thread(hash_names[hash], data, { key: this.#key, ...scheme })
  }

  async decryptBlock(block, { padding, oaepHash }) {
    const scheme =
      padding === 'RSA-OAEP'
        ? { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash_names[oaepHash] }
        : { padding: constants.RSA_PKCS1_PADDING }
    return privateDecrypt({ key: this.#key, ...scheme }, block)
  }

  async getKeyMetadata() {
    return { keyType: 'RSA', modulusLength: this.#public_key.asymmetricKeyDetails.modulusLength / 8 }
  }

  async getPublicKey() {
    return new Uint8Array(this.#public_key.export({ type: 'spki', format: 'der' })).buffer
  }
}

// One file holds the key reference and the certificates, so that they are of one generation whatever is renewed meanwhile.
function read(bundle) {
  const pem = readFileSync(bundle, 'latin1')
  const chain = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g).map(each => new X509Certificate(each))
  return { chain: chain.map(each => each.raw), key: new AgentKey(createPrivateKey(pem), chain[0].publicKey) }
}

export class AgentIdentity extends OpaqueCertificateKeyPairProvider {
  #bundle
  #current
  // `directory`: of a certificate group, as published.
  constructor(directory) {
    super({ certificateFile: '<in-memory>' }) // no file for node-opcua to look after
    this.#bundle = `${directory}/own/private/bundle.pem`
    this.invalidate()
  }

  getCertificateChain() {
    return this.#current.chain
  }
  getKeyOperations() {
    return this.#current.key
  }
  // Channels that are open go on with the key and the certificate that they began with.
  invalidate() {
    this.#current = read(this.#bundle)
  }
}
