// The methods of ServerConfiguration and of its trust list, each handed on to the agent. What the agent answers is what the
// client hears; docs/opcua.md has the table.
import { DataType, MessageSecurityMode, VariantArrayType } from 'node-opcua'
import { status_of, Variant } from './agent.mjs'

const text = value => new Variant('s', value)
const id = node_id => (node_id && !node_id.isEmpty() ? node_id.toString() : '')
const bytes = value => value ?? Buffer.alloc(0)
const answer = (dataType, value) => [{ dataType, value }]
const answer_list = (dataType, value) => [{ dataType, arrayType: VariantArrayType.Array, value }]
const to_bigint = ([high, low]) => (BigInt(high) << 32n) | BigInt(low)
const from_bigint = value => [Number(value >> 32n), Number(value & 0xffffffffn)]

const security_modes = {
  [MessageSecurityMode.None]: 'none',
  [MessageSecurityMode.Sign]: 'sign',
  [MessageSecurityMode.SignAndEncrypt]: 'sign-and-encrypt',
}

// For whom the server calls: the agent judges channel and role.
function client_of(session, roles) {
  const { securityMode, clientCertificate } = session.channel
  return {
    session: text(session.getSessionId().toString()),
    'security-mode': text(security_modes[securityMode]),
    roles: new Variant('as', roles.map(role => role.toString())),
    'client-certificate': new Variant('ay', clientCertificate),
  }
}

export const server_configuration = {
  async CreateSigningRequest(agent, client, group, type, subject, regenerate, nonce) {
    const options = { ...client, 'regenerate-private-key': new Variant('b', regenerate) }
    if (subject) options.subject = text(subject)
    if (nonce?.length) options.nonce = new Variant('ay', nonce)
    return answer(DataType.ByteString, await agent.CreateSigningRequest(id(group), id(type), options))
  },
  async UpdateCertificate(agent, client, group, type, certificate, issuers, format, key) {
    const pushed = [bytes(certificate), issuers ?? [], format ?? '', bytes(key)]
    return answer(DataType.Boolean, await agent.UpdateCertificate(id(group), id(type), ...pushed, client))
  },
  async GetRejectedList(agent, client) {
    return answer_list(DataType.ByteString, await agent.GetRejectedList(client))
  },
  async ApplyChanges(agent, client) {
    await agent.ApplyChanges(client)
  },
  async CancelChanges(agent, client) {
    await agent.CancelChanges(client)
  },
  async ResetToServerDefaults(agent, client) {
    await agent.ResetToServerDefaults(client)
  },
}

export const trust_list = {
  async Open(agent, client, mode) {
    return answer(DataType.UInt32, await agent.Open(mode, client))
  },
  async OpenWithMasks(agent, client, masks) {
    return answer(DataType.UInt32, await agent.OpenWithMasks(masks, client))
  },
  async Read(agent, client, handle, length) {
    return answer(DataType.ByteString, await agent.Read(handle, length, client))
  },
  async Write(agent, client, handle, data) {
    await agent.Write(handle, bytes(data), client)
  },
  async GetPosition(agent, client, handle) {
    return answer(DataType.UInt64, from_bigint(await agent.GetPosition(handle, client)))
  },
  async SetPosition(agent, client, handle, position) {
    await agent.SetPosition(handle, to_bigint(position), client)
  },
  async Close(agent, client, handle) {
    await agent.Close(handle, client)
  },
  async CloseAndUpdate(agent, client, handle) {
    return answer(DataType.Boolean, await agent.CloseAndUpdate(handle, client))
  },
  async AddCertificate(agent, client, certificate, is_trusted) {
    await agent.AddCertificate(bytes(certificate), is_trusted, client)
  },
  async RemoveCertificate(agent, client, thumbprint, is_trusted) {
    await agent.RemoveCertificate(thumbprint ?? '', is_trusted, client)
  },
}

const clients = new WeakMap() // by session, for those with whom something succeeded: one that ends has no channel any more

// Binds the methods of `object` that the table has to the interface of the agent.
export function delegate(object, methods, agent) {
  for (const method of object.getMethods()) {
    const handed_on = methods[method.browseName.name]
    if (!handed_on) continue
    method.bindMethod(async (inputs, context, callback) => {
      try {
        const client = client_of(context.session, context.getCurrentUserRoles())
        const outputArguments = await handed_on(agent, client, ...inputs.map(each => each.value))
        clients.set(context.session, client)
        callback(null, { outputArguments })
      } catch (error) {
        console.log(`${method.browseName.name}: ${error.type ?? error.stack}: ${error.text ?? ''}`)
        callback(null, { statusCode: status_of(error) })
      }
    })
  }
}

// A transaction ends with the session that began it.
export async function session_ended(session, agent) {
  const client = clients.get(session)
  if (client) await agent.CancelChanges(client).catch(() => {}) // it has none, mostly
}
