// The other side: a client whose key the agent holds, too. Every policy and mode, with a user name token.
// usage: channels.mjs ENDPOINT-URL APPLICATION-URI DIRECTORY-OF-ITS-GROUP
import { equal } from 'node:assert/strict'
import { AttributeIds, InMemoryCertificateStore, MessageSecurityMode, OPCUAClient, SecurityPolicy, UserTokenType } from 'node-opcua'
import { AgentIdentity } from './agent_identity.mjs'

const [url, applicationUri, directory] = process.argv.slice(2)
const identity = new AgentIdentity(directory)
const trust = new InMemoryCertificateStore({ automaticallyAcceptUnknownCertificate: true })

async function read_over(policy, mode) {
  const client = OPCUAClient.create({
    applicationUri,
    certificateKeyPairProvider: identity,
    clientCertificateManager: trust,
    securityPolicy: SecurityPolicy[policy],
    securityMode: MessageSecurityMode[mode],
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
  })
  await client.connect(url)
  const session = await client.createSession({ type: UserTokenType.UserName, userName: 'operator', password: 'secret of operator' })
  const state = await session.read({ nodeId: 'i=2259', attributeId: AttributeIds.Value })
  equal(state.statusCode.name, 'Good')
  await session.close()
  await client.disconnect()
  console.log(`${policy}, ${mode}: read`)
}

for (const policy of ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss']) {
  for (const mode of ['Sign', 'SignAndEncrypt']) await read_over(policy, mode)
}
console.log('I7: a server and a client with opaque keys of the agent, over every policy and mode')
