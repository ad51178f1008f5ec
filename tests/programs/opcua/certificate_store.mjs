// ICertificateStore of node-opcua that keeps nothing: whoever extends it has `checkCertificate(chain)`, which judges.
export class CertificateStore {
  referenceCounter = 0

  async verifyCertificate(chain) {
    return (await this.checkCertificate(chain)).name
  }
  getTrustStatus(certificate) {
    return this.checkCertificate(certificate)
  }
  async initialize() {}
  async dispose() {}
}
