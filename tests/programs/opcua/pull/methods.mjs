// Methods of a server, which are functions of their inputs and of the channel, and may throw a status code.
import { allPermissions, coerceNodeId, StatusCode, StatusCodes, WellKnownRoles } from 'node-opcua'

const status_of = error => (error instanceof StatusCode ? error : StatusCodes.BadInternalError)

function bind(method, answer_of) {
  method.setRolePermissions([{ roleId: WellKnownRoles.Anonymous, permissions: allPermissions }]) // the channel counts here
  method.bindMethod(async (inputs, context) => {
    try {
      return { outputArguments: answer_of(context.session.channel, ...inputs.map(each => each.value)) }
    } catch (error) {
      if (!(error instanceof StatusCode)) console.log(error.stack)
      return { statusCode: status_of(error) }
    }
  })
}

// Methods of an object that the address space has.
export function implement(object, methods) {
  for (const [name, answer_of] of Object.entries(methods)) bind(object.getMethodByName(name), answer_of)
}

// An object with methods { id, inputArguments, outputArguments, answer_of } of a namespace that has no nodeset here.
export function offer(addressSpace, uri, id, methods) {
  const namespace = addressSpace.registerNamespace(uri)
  const nodeId = text => coerceNodeId(`ns=${namespace.index};${text}`)
  const organizedBy = addressSpace.rootFolder.objects
  const object = namespace.addObject({ nodeId: nodeId(id), browseName: 'DeviceRegistrar', organizedBy })
  for (const [browseName, { id, answer_of, ...signature }] of Object.entries(methods)) {
    bind(namespace.addMethod(object, { nodeId: nodeId(id), browseName, ...signature }), answer_of)
  }
}
