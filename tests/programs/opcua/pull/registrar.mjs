// A Registrar as devices meet it (OPC 10000-21 §7.2). It says on its standard output what they do.
// usage: registrar.mjs PLANT-DIRECTORY NAME ANSWER...
// An ANSWER is the status of a call of ProvideIdentities, one after the other; the last one stays.
import { subscribe } from 'node:diagnostics_channel'
import { MessageSecurityMode, nodesets, OPCUAServer, SecurityPolicy } from 'node-opcua'
import { offer_directory } from './directory.mjs'
import { DeviceRegistrar } from './device_registrar.mjs'
import { offer } from './methods.mjs'

const [plant, name, ...answers] = process.argv.slice(2)
const registrar = new DeviceRegistrar(plant, answers)

const server = new OPCUAServer({
  port: 0,
  host: '127.0.0.1',
  hostname: '127.0.0.1',
  serverInfo: { applicationUri: `urn:plant:${name}` },
  certificateFile: `${plant}/${name}.pem`,
  privateKeyFile: `${plant}/${name}.key`,
  serverCertificateManager: registrar,
  userCertificateManager: registrar,
  securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
  securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
  nodeset_filename: [nodesets.standard, nodesets.gds],
})
await server.initialize()
const { addressSpace } = server.engine
offer(addressSpace, 'http://opcfoundation.org/UA/Onboarding/', 'i=1344', registrar.methods())
offer_directory(addressSpace, plant, name, registrar)
subscribe('net.server.socket', () => console.log('a connection'))
await server.start()
console.log(`listening at ${server.getEndpointUrl()}`)
process.on('SIGTERM', () => server.shutdown(0))
