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

// The objects of an application on the bus; each is a proxy with the methods and signals of docs/dbus.md.
export async function connect_agent(application) {
  const bus = dbus.systemBus()
  const path = `/org/edgeseal/application/${application}`
  const server = await bus.getProxyObject('org.edgeseal.Agent1', path)
  const group = await bus.getProxyObject('org.edgeseal.Agent1', `${path}/application`)
  const properties = server.getInterface('org.freedesktop.DBus.Properties')
  return {
    server_configuration: server.getInterface('org.edgeseal.ServerConfiguration1'),
    trust_list: group.getInterface('org.edgeseal.TrustList1'),
    property: async name => (await properties.Get('org.edgeseal.ServerConfiguration1', name)).value,
    disconnect: () => bus.disconnect(),
  }
}
