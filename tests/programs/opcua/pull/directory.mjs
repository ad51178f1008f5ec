// The Registrar's certificate manager for the one device (OPC 10000-12 §7.9): the Directory object, with its trust list.
import { readFileSync } from 'node:fs'
import { BinaryStream, coerceNodeId, DataType, resolveNodeId, sameNodeId, StatusCodes, VariantArrayType } from 'node-opcua'
import { TrustListDataType } from 'node-opcua-types'
import { certify } from '../authority.mjs'
import { implement } from './methods.mjs'

const rsa_sha256 = resolveNodeId('i=12560')

// It names the Registrar itself, and the plant's authority.
function trust_list_of(plant, name) {
  const der = each => readFileSync(`${plant}/${each}.der`)
  const list = new TrustListDataType({
    specifiedLists: 15,
    trustedCertificates: [der(name), der('ca')],
    trustedCrls: [der('revoked-nobody')],
  })
  const stream = new BinaryStream(list.binaryStoreSize())
  list.encode(stream)
  return stream.buffer
}

function file_methods(content) {
  let position = 0
  return {
    Open: (channel, mode) => {
      if (mode !== 1) throw StatusCodes.BadNotSupported
      position = 0
      return [{ dataType: DataType.UInt32, value: 1 }]
    },
    Read: (channel, handle, length) => {
      const value = content.subarray(position, position + length)
      position += value.length
      return [{ dataType: DataType.ByteString, value }]
    },
    Close: () => [],
  }
}

export function offer_directory(addressSpace, plant, name, registrar) {
  const gds = addressSpace.getNamespaceIndex('http://opcfoundation.org/UA/GDS/')
  const node = id => addressSpace.findNode(coerceNodeId(`ns=${gds};${id}`))
  const request = coerceNodeId(`ns=${gds};s=request`)
  const trust_list = node('i=616')
  let certificate
  let waiting

  function of_device(title, channel, applicationId) {
    const peer = registrar.peer_of(channel)
    console.log(`${title} by ${peer}`)
    if (peer !== 'the selected identity') throw StatusCodes.BadUserAccessDenied
    if (!sameNodeId(applicationId, registrar.applicationId)) throw StatusCodes.BadNotFound
  }

  implement(node('i=141'), {
    StartSigningRequest: (channel, applicationId, group, type, signing_request) => {
      of_device('StartSigningRequest', channel, applicationId)
      if (!sameNodeId(type, rsa_sha256)) throw StatusCodes.BadInvalidArgument
      certificate = certify(plant, signing_request)
      registrar.remember(certificate)
      waiting = true
      return [{ dataType: DataType.NodeId, value: request }]
    },
    FinishRequest: (channel, applicationId, requestId) => {
      of_device('FinishRequest', channel, applicationId)
      if (!certificate || !sameNodeId(requestId, request)) throw StatusCodes.BadInvalidArgument
      if (waiting) {
        waiting = false
        throw StatusCodes.BadNothingToDo // not completed yet
      }
      return [
        { dataType: DataType.ByteString, value: certificate },
        { dataType: DataType.ByteString, value: null },
        { dataType: DataType.ByteString, arrayType: VariantArrayType.Array, value: [readFileSync(`${plant}/ca.der`)] },
      ]
    },
    GetTrustList: (channel, applicationId) => {
      of_device('GetTrustList', channel, applicationId)
      return [{ dataType: DataType.NodeId, value: trust_list.nodeId }]
    },
  })
  implement(trust_list, file_methods(trust_list_of(plant, name)))
}
