// The agent on the system bus, as an OPC UA server calls it. One connection for as long as the server runs: with the session
// of the client it is the owner of a transaction.
import dbus from 'dbus-next'
import { StatusCodes } from 'node-opcua'

const { DBusError, Variant } = dbus
const error_prefix = 'org.edgeseal.Error.'

export { Variant }

// Errors of the agent have the names of OPC UA status codes.
export function status_of(error) {
  const named = error instanceof DBusError && error.type.startsWith(error_prefix)
  return (named && StatusCodes[`Bad${error.type.slice(error_prefix.length)}`]) || StatusCodes.BadInternalError
}

// An interface of an object on the bus: its methods and signals, and get() for its properties, all as docs/dbus.md has them.
async function remote(bus, path, interface_name) {
  const object = await bus.getProxyObject('org.edgeseal.Agent1', path)
  const properties = object.getInterface('org.freedesktop.DBus.Properties')
  const proxy = object.getInterface(interface_name)
  proxy.get = async name => (await properties.Get(interface_name, name)).value
  return proxy
}

export async function connect_agent(application) {
  const bus = dbus.systemBus()
  const path = `/org/edgeseal/application/${application}`
  return {
    server_configuration: await remote(bus, path, 'org.edgeseal.ServerConfiguration1'),
    trust_list: await remote(bus, `${path}/application`, 'org.edgeseal.TrustList1'),
    remote: remote.bind(null, bus),
    disconnect: () => bus.disconnect(),
  }
}
