// Which Registrars the DCA may connect to: any, until one has configured it; then those that the agent trusts, and no
// connection is attempted to another (OPC 10000-21 §7.2). It has to be known before there is a connection, so a Registrar
// counts as trusted when the trust list has a certificate with its ApplicationUri, and the agent's judgement of that is good;
// it is the one which the Registrar must show then.
import { X509Certificate } from 'node:crypto'
import { Variant } from '../server/agent.mjs'

const trusted_certificates = 1 // TrustListMasks

const names = (certificate, uri) =>
  new X509Certificate(certificate).subjectAltName?.split(', ').includes(`URI:${uri}`) ?? false

export class Contacts {
  #onboarding
  #list
  constructor(onboarding, list) {
    this.#onboarding = onboarding
    this.#list = list
  }

  // { url, certificate }, without certificate where nobody is trusted yet, in the order of the Registrars.
  async permitted() {
    const registrars = await this.#onboarding.get('Registrars')
    const is_new = (await this.#onboarding.get('State')) === 'unconfigured'
    const permitted = []
    for (const registrar of registrars) {
      const certificate = is_new ? undefined : await this.#trusted(registrar['application-uri']?.value)
      if (is_new || certificate) permitted.push(...registrar['discovery-urls'].value.map(url => ({ url, certificate })))
    }
    return permitted
  }

  async #trusted(uri) {
    if (!uri) return undefined
    const [, listed] = await this.#list.GetTrustList(trusted_certificates, {})
    for (const certificate of listed.filter(each => names(each, uri))) if (await this.#valid(certificate, uri)) return certificate
    return undefined
  }

  async #valid(certificate, uri) {
    return this.#list.Validate([certificate], { 'application-uri': new Variant('s', uri) }).then(() => true, () => false)
  }
}
