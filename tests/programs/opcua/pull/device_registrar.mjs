// The Registrar's own object: it knows which identities, issuers and tickets the device has, compares every byte, and
// recognises on its channels who has proved to have the key of a certificate: of an identity, or of what it issued.
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { coerceNodeId, DataType, MessageSecurityMode, StatusCodes, VariantArrayType } from 'node-opcua'
import { CertificateStore } from '../certificate_store.mjs'

const contents = directory =>
  readdirSync(directory)
    .sort()
    .map(name => readFileSync(`${directory}/${name}`))
const same = (given, wanted) => given.length === wanted.length && given.every((each, at) => each.equals(wanted[at]))

function amount(what, given, wanted) {
  if (given.length === 0) return `no ${what}`
  return `${same(given, wanted) ? 'all' : 'WRONG'} ${what}`
}

// Of a chain, which comes in one piece.
const leaf_of = chain => new X509Certificate([chain].flat()[0]).raw

const argument = (name, dataType, valueRank = -1) => ({ name, dataType, valueRank })

export class DeviceRegistrar extends CertificateStore {
  applicationId = coerceNodeId('ns=1;i=4711')
  #answers
  #identities
  #issuers
  #tickets
  #issued = []

  constructor(plant, answers) {
    super()
    this.#answers = answers
    this.#identities = contents(`${plant}/identities`)
    this.#issuers = contents(`${plant}/issuers`)
    this.#tickets = contents(`${plant}/tickets`)
  }

  methods() {
    return {
      ProvideIdentities: {
        id: 'i=1260',
        inputArguments: [
          argument('Identities', DataType.ByteString, 1),
          argument('Issuers', DataType.ByteString, 1),
          argument('Tickets', DataType.String, 1),
        ],
        outputArguments: [
          argument('SelectedIdentity', DataType.ByteString),
          argument('MatchingTicket', DataType.ExtensionObject),
          argument('ApplicationId', DataType.NodeId),
          argument('SoftwareUpdateManager', DataType.ExtensionObject),
        ],
        answer_of: (channel, ...given) => this.#choose(channel, ...given.map(each => each ?? [])),
      },
      GetManagers: {
        id: 'i=1505',
        inputArguments: [],
        outputArguments: [argument('Managers', DataType.ExtensionObject, 1)],
        answer_of: channel => {
          console.log(`GetManagers by ${this.peer_of(channel)}`)
          return [{ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: [] }]
        },
      },
    }
  }

  #choose(channel, identities, issuers, tickets) {
    const provided = [
      amount('identities', identities, this.#identities),
      amount('issuers', issuers, this.#issuers),
      amount('tickets', tickets.map(each => Buffer.from(each)), this.#tickets),
    ]
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]
    console.log(`ProvideIdentities by ${this.peer_of(channel)}: ${provided.join(', ')}: ${answer}`)
    if (answer !== 'Good') throw StatusCodes[answer]
    return [
      { dataType: DataType.ByteString, value: identities[0] },
      { dataType: DataType.ExtensionObject, value: null },
      { dataType: DataType.NodeId, value: this.applicationId },
      { dataType: DataType.ExtensionObject, value: null },
    ]
  }

  remember(certificate) {
    this.#issued.push(certificate)
  }

  // Who is at the other end of a channel that proves it.
  peer_of({ securityMode, clientCertificate }) {
    if (securityMode !== MessageSecurityMode.SignAndEncrypt) return 'anybody'
    const is = certificate => certificate.equals(leaf_of(clientCertificate))
    if (is(this.#identities[0])) return 'the selected identity'
    if (this.#issued.some(is)) return 'the certificate issued'
    return 'a stranger'
  }

  // Whoever it does not know opens no channel.
  async checkCertificate(chain) {
    const certificate = leaf_of(chain)
    const known = [...this.#identities, ...this.#issued].some(each => each.equals(certificate))
    return known ? StatusCodes.Good : StatusCodes.BadCertificateUntrusted
  }
}
