// A Device Configuration Application that asks Registrars itself (OPC 10000-21 §7.2), with what the agent gives it over
// D-Bus: identities, tickets, Registrars, and the application `device`. Its channels prove possession of the IDevID: node-opcua
// signs and decrypts with the key in the TPM. It ends when the device is ready.
// usage: dca.mjs PUBLISHED-DIRECTORY-OF-DEVICE
import { connect_agent } from '../server/agent.mjs'
import { Contacts } from './contacts.mjs'
import { onboard, ask_managers } from './sequence.mjs'

const directory = process.argv[2]
const agent = await connect_agent('device')
const identity = await agent.remote('/org/edgeseal/device', 'org.edgeseal.DeviceIdentity1')
const onboarding = await agent.remote('/org/edgeseal/device', 'org.edgeseal.Onboarding1')
const properties = await agent.remote('/org/edgeseal/device', 'org.freedesktop.DBus.Properties')
const device = { ...agent, directory, identity, onboarding }
const contacts = new Contacts(onboarding, agent.trust_list)

// Whether a Registrar did its part; one that is not there, or answers with an error, did not.
async function done(step, contact) {
  try {
    await step(device, contact)
    console.log(`${contact.url}: ${step.name}: done`)
    return true
  } catch (error) {
    console.log(`${contact.url}: ${step.name}: ${error.message}`)
    return false
  }
}

// Registrars in their order, until one did it.
async function ask(step) {
  for (const contact of await contacts.permitted()) if (await done(step, contact)) return true
  return false
}

let changed
properties.on('PropertiesChanged', () => changed?.())
const change = () => new Promise(resolve => (changed = resolve))

for (;;) {
  const next = change()
  const state = await onboarding.get('State')
  console.log(`the device is ${state}`)
  if (state === 'ready') break
  if (state === 'unconfigured') await ask(onboard)
  else {
    await ask(ask_managers)
    await next
  }
}
agent.disconnect()
