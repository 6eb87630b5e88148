/** What would happen to a described request with any options: by name, by code, and its own name (RFC 4702). */
import { describe, expect, test } from 'vitest'
import type { WhatIfInput } from '../../../services/index.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'

const UNSAID: WhatIfInput = {
  messageType: 'DISCOVER', mac: '02:00:00:00:00:0a', clientId: null, uuid: null, hostName: null, vendorClass: null, userClass: null, architecture: null, circuitId: null,
  remoteId: null, subnet: null, interface: null, giaddr: null, ciaddr: null, requestedAddress: null, serverIdentifier: null, parameterRequestList: null, fqdn: null, options: null, packet: null,
}
const start = () => {
  const { services } = startAppliance()
  return {
    services,
    ask: async (input: Partial<WhatIfInput>) => done(services.dhcp.whatIf({ ...UNSAID, ...input })),
    refusal: async (input: Partial<WhatIfInput>) => refused(services.dhcp.whatIf({ ...UNSAID, ...input })),
  }
}

describe('a described request', () => {
  test('has the options that are named, and no other of that code', async () => {
    const { ask } = start()
    const { request, steps } = await ask({ vendorClass: 'Cisco', hostName: 'ant', options: { 'vendor-class': 'PXEClient', 'option-224': '0a0b', 'host-name': null } })
    expect(request).toContain('3c09505845436c69656e74')
    expect(request).toContain('e0020a0b')
    expect(request).not.toContain('436973636f')
    expect(request).not.toContain('616e74')
    expect(steps.length).toBeGreaterThan(0)
  })

  test('with a name of its own is answered who updates it', async () => {
    const { ask } = start()
    const { reply } = await ask({ fqdn: 'cam-1.lab.internal.', parameterRequestList: [1, 81] })
    expect(reply?.options.find(({ name }) => name === 'client-fqdn')?.value).toMatchObject({ name: 'cam-1.lab.internal.' })
  })

  test('may name what was declared here', async () => {
    const { services, ask } = start()
    await done(services.dhcp.add('optionDefinitions', { code: 230, name: 'boot-menu', type: 'u16', array: true, space: 'dhcp4' }))
    expect((await ask({ options: { 'boot-menu': [1, 2] } })).request).toContain('e60400010002')
  })

  test.each([
    [{ options: { frob: 1 } }, /^invalid \/options\/frob: there is no option "frob"/],
    [{ options: { routers: 'here' } }, /^invalid \/options\/routers: that is no value of routers/],
    [{ fqdn: 'a..b' }, /^invalid \/fqdn: /],
    [{ options: { 'client-fqdn': 'x' } }, /^invalid \/options\/client-fqdn: /],
  ])('%j is refused', async (input, said) => {
    expect(await start().refusal(input)).toMatch(said)
  })
})
