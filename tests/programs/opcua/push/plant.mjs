// The plant: its people and programs as OPC UA clients with keys in files, and its certification authority.
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { MessageSecurityMode, OPCUAClient, SecurityPolicy, UserTokenType } from 'node-opcua-client'
import { ClientPushCertificateManagement } from 'node-opcua-server-configuration'
import { certify as sign } from '../authority.mjs'

const [url, directory] = process.argv.slice(2)
const file = name => `${directory}/${name}`

export const der = name => readFileSync(file(`${name}.der`))
export const authority = new X509Certificate(der('ca'))

export const certify = request => sign(directory, request)

// Whoever takes a device into operation accepts the certificate that it came with; later ones are the authority's.
const trust = new OPCUACertificateManager({ rootFolder: file('pki'), automaticallyAcceptUnknownCertificate: true })
await trust.initialize()
await trust.addIssuer(der('ca'), true, true)
await trust.addRevocationList(der('revoked-nobody'))
const close_store = trust.dispose.bind(trust)
trust.dispose = async () => {} // a client that disconnects would close the store of all

const clients = []

function client_of(name, security) {
  const client = OPCUAClient.create({
    applicationUri: `urn:plant:${name}`,
    certificateFile: file(`${name}.pem`),
    privateKeyFile: file(`${name}.key`),
    clientCertificateManager: trust,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
    ...security,
  })
  clients.push(client)
  return client
}

const token_of = user => user && { type: UserTokenType.UserName, userName: user, password: `secret of ${user}` }

// A session of a program, for a person or for nobody; push: node-opcua's client of push management.
export async function connect(name, user, mode = 'SignAndEncrypt') {
  const client = client_of(name, { securityPolicy: SecurityPolicy.Basic256Sha256, securityMode: MessageSecurityMode[mode] })
  await client.connect(url)
  const lost = once(client, 'connection_lost')
  const session = await client.createSession(token_of(user))
  const push = new ClientPushCertificateManagement(session)
  return { session, push, lost, shown: new X509Certificate(session.serverCertificate) }
}

export async function disconnect_all() {
  await Promise.allSettled(clients.map(client => client.disconnect()))
  await close_store()
}

// What the server answers without a secure channel.
export async function endpoints() {
  const client = client_of('stranger', { securityPolicy: SecurityPolicy.None, securityMode: MessageSecurityMode.None })
  await client.connect(url)
  return client.getEndpoints()
}

// Why the server refuses an attempt to connect.
export async function refusal(attempt) {
  try {
    await attempt
  } catch (error) {
    return error.message
  }
  throw new Error('not refused')
}
