// An OPC UA server of any stack would do the same: its key, its certificates and its trust are the agent's, and its clients
// manage them through it. usage: server.mjs APPLICATION DIRECTORY-OF-ITS-GROUP
import {
  AccessRestrictionsFlag,
  allPermissions,
  DataType,
  invalidateServerCertificateCache,
  makeRoles,
  MessageSecurityMode,
  OPCUAServer,
  resolveNodeId,
  SecurityPolicy,
  VariantArrayType,
  WellKnownRoles,
} from 'node-opcua'
import { connect_agent } from './agent.mjs'
import { AgentIdentity } from './agent_identity.mjs'
import { AgentTrust } from './agent_trust.mjs'
import { delegate, server_configuration, session_ended, trust_list } from './delegation.mjs'

const [application, directory] = process.argv.slice(2)
const accounts = { admin: WellKnownRoles.SecurityAdmin, operator: WellKnownRoles.Operator }
const roles_of = user => makeRoles([accounts[user]])

const agent = await connect_agent(application)
const trust = new AgentTrust(agent.trust_list)
const server = new OPCUAServer({
  port: 0,
  host: '127.0.0.1',
  hostname: '127.0.0.1',
  serverInfo: { applicationUri: await agent.server_configuration.get('ApplicationUri') },
  certificateKeyPairProvider: new AgentIdentity(directory),
  serverCertificateManager: trust,
  userCertificateManager: trust, // users have passwords here
  securityModes: [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
  securityPolicies: [
    SecurityPolicy.Basic256Sha256,
    SecurityPolicy.Aes128_Sha256_RsaOaep,
    SecurityPolicy.Aes256_Sha256_RsaPss,
  ],
  userManager: { isValidUser: (user, password) => user in accounts && password === `secret of ${user}`, getUserRoles: roles_of },
})
await server.initialize()
const { addressSpace } = server.engine

// The stack would judge by the standard's permissions before it asks. Here the agent judges alone, so that a test sees it.
function leave_judgement_to_agent(object) {
  for (const method of object.getMethods()) {
    method.setAccessRestrictions(AccessRestrictionsFlag.None)
    method.setRolePermissions([{ roleId: WellKnownRoles.Anonymous, permissions: allPermissions }])
  }
}

const set = (id, dataType, value, arrayType) =>
  addressSpace.findNode(resolveNodeId(id)).setValueFromSource({ dataType, value, arrayType })

async function offer_server_configuration() {
  const objects = [
    ['i=12637', server_configuration, agent.server_configuration],
    ['i=12642', trust_list, agent.trust_list],
  ]
  for (const [id, methods, remote] of objects) {
    const object = addressSpace.findNode(resolveNodeId(id))
    leave_judgement_to_agent(object)
    delegate(object, methods, remote)
  }
  set('i=12639', DataType.String, await agent.server_configuration.get('SupportedPrivateKeyFormats'), VariantArrayType.Array)
  set('i=12640', DataType.UInt32, await agent.server_configuration.get('MaxTrustListSize'))
  set('i=23597', DataType.Boolean, await agent.server_configuration.get('HasSecureElement'))
  set('i=14161', DataType.NodeId, [resolveNodeId('i=12560')], VariantArrayType.Array)
}

// --- after ApplyChanges

const channels = () => server.endpoints.flatMap(endpoint => endpoint.getChannels())
const sessions_of = channel => server.engine.getSessions().filter(session => session.channel === channel)

// A client that is trusted may come back and find its sessions; another may not.
function cut(channel, keep_sessions) {
  if (!keep_sessions) {
    for (const session of sessions_of(channel)) server.engine.closeSession(session.authenticationToken, true, 'Forcing')
  }
  channel.close()
}

async function changes_applied(groups, lists) {
  const renewed = groups.includes('application')
  if (renewed) invalidateServerCertificateCache(server)
  for (const channel of channels().filter(each => each.clientCertificate)) {
    const trusted = !lists.includes('application') || (await trust.checkCertificate(channel.clientCertificate)).isGood()
    if (renewed || !trusted) cut(channel, trusted)
  }
  console.log(`changes applied: certificates [${groups}], trust lists [${lists}]`)
}

// The answer of ApplyChanges came before the signal, and is on its way to the client when the next turn begins.
agent.server_configuration.on('ChangesApplied', (groups, lists) => setImmediate(changes_applied, groups, lists))

server.on('session_closed', session => session_ended(session, agent.server_configuration))

await offer_server_configuration()
await server.start()
console.log(`listening at ${server.getEndpointUrl()}`)
process.on('SIGTERM', async () => {
  await server.shutdown(0)
  agent.disconnect()
})
