// Whom the server trusts: the agent judges, by the trust list.
import { StatusCodes } from 'node-opcua'
import { CertificateStore } from '../certificate_store.mjs'
import { status_of } from './agent.mjs'

export class AgentTrust extends CertificateStore {
  #list
  constructor(list) {
    super()
    this.#list = list
  }

  // Before there was a trust list, whoever comes may connect (OPC 10000-12 §7.5); what he may do is up to his role. A list
  // that was damaged is not one that there never was.
  async #is_new() {
    return (await this.#list.get('LastUpdateTime')) === 0n && (await this.#list.get('Intact'))
  }

  async checkCertificate(chain) {
    try {
      if (await this.#is_new()) return StatusCodes.Good
      await this.#list.Validate([chain].flat(), {})
      return StatusCodes.Good
    } catch (error) {
      return status_of(error)
    }
  }
}
