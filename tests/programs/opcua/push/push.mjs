// node-opcua's own client of push management against a server that delegates to the agent.
// usage: push.mjs ENDPOINT-URL PLANT-DIRECTORY CASE, which is what stands before the colon of its title
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { randomBytes, X509Certificate } from 'node:crypto'
import { BinaryStream } from 'node-opcua-binary-stream'
import { OpenFileMode } from 'node-opcua-file-transfer'
import { TrustListDataType } from 'node-opcua-types'
import { DataType } from 'node-opcua-variant'
import { authority, certify, connect, der, disconnect_all, endpoints, refusal } from './plant.mjs'

const group = 'DefaultApplicationGroup'
const type = 'i=12560' // RsaSha256ApplicationCertificateType
const https_type = 'i=12558'
const server_configuration = 'i=12637'
const cancel_changes = 'i=25708'
const trust_list_methods = { Open: 'i=12647', CloseAndUpdate: 'i=12666', AddCertificate: 'i=12668', RemoveCertificate: 'i=12670' }
const nonce = randomBytes(32)

async function call(session, objectId, methodId, ...inputArguments) {
  const result = await session.call({ objectId, methodId, inputArguments })
  return result.statusCode.name
}
const call_trust_list = (session, method, ...inputs) => call(session, 'i=12642', trust_list_methods[method], ...inputs)
const byte = value => ({ dataType: DataType.Byte, value })
const handle = value => ({ dataType: DataType.UInt32, value })
const status = async result => (await result).statusCode?.name ?? (await result).name

function trust_list_of(crl) {
  const list = new TrustListDataType({ specifiedLists: 15, trustedCertificates: [der('ca')], trustedCrls: [der(crl)] })
  const stream = new BinaryStream(list.binaryStoreSize())
  list.encode(stream)
  return stream.buffer
}

// writeTrustedCertificateList() of this version opens with Write alone, writes nothing and hands CloseAndUpdate an
// argument too many; its parts do as the standard says.
async function write_trust_list({ session, push }, content) {
  const file = await (await push.getApplicationGroup()).getTrustList()
  await file.open(OpenFileMode.WriteEraseExisting)
  await file.write(content)
  return call_trust_list(session, 'CloseAndUpdate', handle(file.fileHandle))
}

async function signing_request({ push }, regenerate) {
  const { statusCode, certificateSigningRequest } = await push.createSigningRequest(group, type, null, regenerate, nonce)
  equal(statusCode.name, 'Good')
  return certificateSigningRequest
}

// A new key, a certificate of the plant and the plant's trust list, in one transaction.
async function stage(admin) {
  equal(await write_trust_list(admin, trust_list_of('revoked-nobody')), 'Good')
  const certificate = certify(await signing_request(admin, true))
  const updated = await admin.push.updateCertificate(group, type, certificate, [der('ca')])
  deepEqual([updated.statusCode.name, updated.applyChangesRequired], ['Good', true])
  return new X509Certificate(certificate)
}

const read_state = async ({ session }) => (await session.read({ nodeId: 'i=2259' })).statusCode.name

async function answer_then_loss({ push, lost }) {
  const answer = await Promise.race([status(push.applyChanges()), lost.then(() => 'lost before the answer')])
  await lost
  return answer
}

const cases = {
  async 'E1: channel before role before arguments'() {
    const ask = ({ push }) => status(push.createSigningRequest(group, https_type))
    equal(await ask(await connect('engineer', null, 'Sign')), 'BadSecurityModeInsufficient')
    equal(await ask(await connect('engineer', 'admin', 'Sign')), 'BadSecurityModeInsufficient')
    equal(await ask(await connect('engineer', null)), 'BadUserAccessDenied')
    equal(await ask(await connect('engineer', 'operator')), 'BadUserAccessDenied')
    equal(await ask(await connect('engineer', 'admin')), 'BadInvalidArgument')
  },

  async 'E2: keys and certificates need an encrypted channel, the rest a signed one'() {
    const { session, push } = await connect('engineer', 'admin', 'Sign')
    equal(await status(push.createSigningRequest(group, type)), 'BadSecurityModeInsufficient')
    equal(await status(push.updateCertificate(group, type, der('engineer'), [])), 'BadSecurityModeInsufficient')
    equal(await status(push.getRejectedList()), 'Good')
    equal(await status(push.applyChanges()), 'BadNothingToDo')
    equal(await call(session, server_configuration, cancel_changes), 'BadNothingToDo')
    equal(await call_trust_list(session, 'Open', byte(OpenFileMode.Read)), 'Good')
  },

  async 'E28: the answer of ApplyChanges comes before channels end'() {
    const first = await connect('engineer', 'admin')
    await stage(first)
    equal(await answer_then_loss(first), 'Good')

    const renewal = await connect('engineer', 'admin')
    const certificate = certify(await signing_request(renewal, false))
    equal(await status(renewal.push.updateCertificate(group, type, certificate, [])), 'Good')
    equal(await answer_then_loss(renewal), 'Good')

    const list_alone = await connect('engineer', 'admin')
    equal(await write_trust_list(list_alone, trust_list_of('revoked-nobody')), 'Good')
    equal(await status(list_alone.push.applyChanges()), 'Good')
    equal(await read_state(list_alone), 'Good')
  },

  async 'E29: who is no longer trusted is cut off and refused'() {
    const stranger = await connect('stranger')
    const admin = await connect('engineer', 'admin')
    await stage(admin)
    await admin.push.applyChanges()
    await stranger.lost
    match(await refusal(connect('stranger')), /BadCertificateUntrusted|BadSecurityChecksFailed/)

    const fitter = await connect('fitter', 'operator')
    const again = await connect('engineer', 'admin')
    equal(await write_trust_list(again, trust_list_of('revoked-fitter')), 'Good')
    equal(await read_state(fitter), 'Good')
    equal(await status(again.push.applyChanges()), 'Good')
    await fitter.lost
    match(await refusal(connect('fitter', 'operator')), /BadCertificateRevoked|BadSecurityChecksFailed/)
    equal(await read_state(again), 'Good')
    const { certificates } = await again.push.getRejectedList()
    deepEqual(certificates.slice(0, 2), [der('fitter'), der('stranger')])
  },

  async 'E30: the new certificate is shown at once, without a restart'() {
    const admin = await connect('engineer', 'admin')
    ok(admin.shown.verify(admin.shown.publicKey), 'the first certificate is signed by itself')
    const pushed = await stage(admin)
    ok((await connect('engineer')).shown.raw.equals(admin.shown.raw), 'what is staged is not shown')
    await admin.push.applyChanges()
    await admin.lost
    for (const { serverCertificate } of await endpoints()) ok(new X509Certificate(serverCertificate).raw.equals(pushed.raw))
    const { shown } = await connect('engineer')
    ok(shown.raw.equals(pushed.raw))
    ok(shown.verify(authority.publicKey))
    ok(!shown.publicKey.equals(admin.shown.publicKey), 'the key is another')
  },

  async 'errors: those of the agent arrive as status codes'() {
    const admin = await connect('engineer', 'admin')
    const { session, push } = admin
    const update = (certificate, ...key) => status(push.updateCertificate(group, type, certificate, [], ...key))
    equal(await status(push.createSigningRequest(group, type, null, true, nonce.subarray(1))), 'BadInvalidArgument')
    equal(await status(push.createSigningRequest('i=14122', type)), 'BadInvalidArgument')
    equal(await update(Buffer.alloc(0)), 'BadInvalidArgument')
    equal(await update(der('engineer'), 'PEM', Buffer.from('key')), 'BadNotSupported')
    equal(await update(Buffer.from('no certificate')), 'BadCertificateInvalid')
    equal(await call_trust_list(session, 'Open', byte(OpenFileMode.Write)), 'BadNotSupported')
    equal(await call_trust_list(session, 'CloseAndUpdate', handle(4711)), 'BadInvalidArgument')
    equal(await write_trust_list(admin, Buffer.from('no list')), 'BadInvalidArgument')

    const request = await signing_request(admin, false)
    match(await update(certify(request)), /BadCertificateUntrusted|BadCertificateChainIncomplete/)
    equal(await write_trust_list(admin, trust_list_of('revoked-nobody')), 'Good')
    const other = await connect('engineer', 'admin')
    equal(await call_trust_list(other.session, 'Open', byte(OpenFileMode.WriteEraseExisting)), 'BadTransactionPending')
    equal(await status(other.push.applyChanges()), 'BadUserAccessDenied')
    await session.close()
    equal(await status(other.push.applyChanges()), 'BadNothingToDo')
  },
}

const title = Object.keys(cases).find(each => each.startsWith(`${process.argv[4]}: `))
await cases[title]()
console.log(title)
await disconnect_all()
