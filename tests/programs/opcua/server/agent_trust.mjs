// Whom the server trusts: the agent judges. An ICertificateStore of node-opcua that keeps nothing.
import { StatusCodes } from 'node-opcua'
import { status_of } from './agent.mjs'

export class AgentTrust {
  referenceCounter = 0
  #agent
  constructor(agent) {
    this.#agent = agent
  }

  // OPC 10000-12 Annex G: in application setup the first party may come that has the credentials of an administrator.
  async checkCertificate(chain) {
    try {
      if (await this.#agent.property('InApplicationSetup')) return StatusCodes.Good
      await this.#agent.trust_list.Validate([chain].flat(), {})
      return StatusCodes.Good
    } catch (error) {
      return status_of(error)
    }
  }

  async verifyCertificate(chain) {
    return (await this.checkCertificate(chain)).name
  }
  getTrustStatus(certificate) {
    return this.checkCertificate(certificate)
  }
  async initialize() {}
  async dispose() {}
}
