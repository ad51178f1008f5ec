// The pull sequence with one Registrar (OPC 10000-21 §7.2, OPC 10000-12 §7.6).
import { randomBytes } from 'node:crypto'
import {
  coerceNodeId,
  DataType,
  MessageSecurityMode,
  NodeId,
  OPCUAClient,
  resolveNodeId,
  SecurityPolicy,
  StatusCodes,
  VariantArrayType,
} from 'node-opcua'
import { Variant } from '../server/agent.mjs'
import { AgentIdentity } from '../server/agent_identity.mjs'
import { AgentTrust } from '../server/agent_trust.mjs'

const group = 'application'
const type = 'i=12560' // RsaSha256ApplicationCertificateType
const [provide_identities_id, get_managers] = ['i=1260', 'i=1505']
const [start_signing_request, finish_request, get_trust_list] = ['i=157', 'i=163', 'i=204']
const finish_attempts = 3

const node_id = value => ({ dataType: DataType.NodeId, value: resolveNodeId(value) })
const default_group = node_id(NodeId.nullNodeId)
const bytes = value => ({ dataType: DataType.ByteString, value })
const list = (dataType, value) => ({ dataType, arrayType: VariantArrayType.Array, value })

// --- sessions

const securities = {
  none: { securityMode: MessageSecurityMode.None, securityPolicy: SecurityPolicy.None },
  'sign-and-encrypt': { securityMode: MessageSecurityMode.SignAndEncrypt, securityPolicy: SecurityPolicy.Basic256Sha256 },
}

const identity_of = ({ directory }, own) => new AgentIdentity(`${directory}/${own}`)

// What `use` does with a session; the DCA shows the certificate of the group `own`.
async function with_session(device, { url, certificate }, security, own, use) {
  const client = OPCUAClient.create({
    applicationUri: await device.server_configuration.get('ApplicationUri'),
    certificateKeyPairProvider: identity_of(device, own),
    clientCertificateManager: new AgentTrust(device.trust_list), // trusts any Registrar while it is new
    serverCertificate: certificate,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
    ...securities[security],
  })
  try {
    await client.connect(url)
    return await use(await client.createSession())
  } finally {
    await client.disconnect()
  }
}

async function call_method(session, objectId, methodId, inputArguments) {
  const { statusCode, outputArguments } = await session.call({ objectId, methodId, inputArguments })
  if (statusCode.isNotGood()) throw Object.assign(new Error(statusCode.name), { statusCode })
  return outputArguments.map(each => each.value)
}

async function call(session, uri, object, method, ...inputs) {
  const index = (await session.readNamespaceArray()).indexOf(uri)
  return call_method(session, coerceNodeId(`ns=${index};${object}`), coerceNodeId(`ns=${index};${method}`), inputs)
}
const call_registrar = (session, method, ...inputs) =>
  call(session, 'http://opcfoundation.org/UA/Onboarding/', 'i=1344', method, ...inputs)
const call_directory = (session, method, ...inputs) =>
  call(session, 'http://opcfoundation.org/UA/GDS/', 'i=141', method, ...inputs)

// --- without security: who the device is

async function provide_identities(device, session) {
  const [identities] = await device.identity.GetIdentities()
  // Possession of the one that is selected has to be proved.
  const certified = identities.filter(each => each.certificate && each.usable.value)
  const certificates = certified.map(each => each.certificate.value)
  const issuers = certified.flatMap(each => each['issuer-certificates']?.value ?? [])
  const different = issuers.filter((each, at) => issuers.findIndex(other => other.equals(each)) === at)
  const provide = tickets =>
    call_registrar(
      session,
      provide_identities_id,
      list(DataType.ByteString, certificates),
      list(DataType.ByteString, different),
      list(DataType.String, tickets.map(String)),
    )
  try {
    return await provide([])
  } catch (error) {
    if (error.statusCode !== StatusCodes.BadTicketRequired) throw error
    return provide(await device.onboarding.RequestTickets())
  }
}

// --- over a channel that proves it: certificate and trust list

// "Not completed yet" is asked for again, a few times.
async function finish(session, id, request, attempts = finish_attempts) {
  try {
    return await call_directory(session, finish_request, node_id(id), node_id(request))
  } catch (error) {
    if (error.statusCode !== StatusCodes.BadNothingToDo || attempts === 1) throw error
    return finish(session, id, request, attempts - 1)
  }
}

async function read_file(session, file) {
  const method = (id, ...inputs) => call_method(session, file, resolveNodeId(id), inputs)
  const [opened] = await method('i=11580', { dataType: DataType.Byte, value: 1 })
  const handle = { dataType: DataType.UInt32, value: opened }
  const parts = []
  for (;;) {
    const [part] = await method('i=11585', handle, { dataType: DataType.Int32, value: 4096 })
    if (!part?.length) break
    parts.push(part)
  }
  await method('i=11583', handle)
  return Buffer.concat(parts)
}

async function write_trust_list(list, content) {
  const handle = await list.Open(6, {})
  await list.Write(handle, content, {})
  await list.CloseAndUpdate(handle, {})
}

async function signing_request(configuration) {
  const options = { 'regenerate-private-key': new Variant('b', true), nonce: new Variant('ay', randomBytes(32)) }
  return configuration.CreateSigningRequest(group, type, options)
}

async function take_configuration({ server_configuration, trust_list }, session, id) {
  const request = await signing_request(server_configuration)
  const inputs = [node_id(id), default_group, node_id(type), bytes(request)]
  const [request_id] = await call_directory(session, start_signing_request, ...inputs)
  const [certificate, , issuers] = await finish(session, id, request_id)
  const [file] = await call_directory(session, get_trust_list, node_id(id), default_group)
  await write_trust_list(trust_list, await read_file(session, file))
  await server_configuration.UpdateCertificate(group, type, certificate, issuers ?? [], '', Buffer.alloc(0), {})
  await server_configuration.ApplyChanges({})
}

// What was staged is dropped where it is not all there.
async function configure(device, session, applicationId) {
  try {
    await take_configuration(device, session, applicationId)
  } catch (error) {
    await device.server_configuration.CancelChanges({}).catch(() => {}) // there is none, mostly
    throw error
  }
}

export async function onboard(device, contact) {
  const provide = session => provide_identities(device, session)
  const [selected, , applicationId] = await with_session(device, contact, 'none', 'identity', provide)
  const [idevid] = identity_of(device, 'identity').getCertificateChain()
  if (!selected.equals(idevid)) throw new Error('another identity than the IDevID was selected')
  await with_session(device, contact, 'sign-and-encrypt', 'identity', session => configure(device, session, applicationId))
}

// While software is behind: with the certificate of the DCA, who has the updates.
export async function ask_managers(device, contact) {
  await with_session(device, contact, 'sign-and-encrypt', 'application', session => call_registrar(session, get_managers))
}
