/** Response policy zones that are zones here, by hand or as copies: they decide, follow their versions, and answer nothing themselves. */
import { expect, test } from 'vitest'
import { Pair, PRIMARY, ZONE } from '../../support/appliance-pair.ts'
import { queryBytes, told } from '../../support/dns.ts'
import { ask, listInput, policyInput, SOMEBODY_TO_ASK } from '../../support/policies.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'
import { ipv4 } from '../../../stack/index.ts'

const RPZ = 'rpz.example'
const LIST = listInput('rpz', { kind: 'rpz', zone: RPZ })
const rule = (name: string, type: string, data: string) => ({ name: `${name}.${RPZ}`, type, ttl: null, data, comment: null })

test('a zone decides from when it is a list, and is a zone again when it is none', async () => {
  const running = startAppliance(SOMEBODY_TO_ASK)
  const { dns, policies } = running.services
  await done(dns.addZone({ ...ZONE, name: RPZ, serialPolicy: 'increment' }))
  await done(dns.addRecord(RPZ, rule('bad.example', 'CNAME', '.')))
  await done(dns.addRecord(RPZ, rule('*.bad.example', 'CNAME', '*.')))
  const named = await done(dns.addRecord(RPZ, rule('here.example', 'A', '10.53.0.80')))
  const now = (): readonly string[] => ['bad.example', 'www.bad.example', 'here.example', `bad.example.${RPZ}`].map((name) => ask(running, name))
  expect(now().slice(0, 3)).toEqual(['asked', 'asked', 'asked'])
  expect(now()[3]).toMatch(/^(NXDOMAIN|NOERROR|asked)/)
  await done(policies.addList(LIST))
  await done(policies.setPolicies([policyInput('default', { lists: ['rpz'] })]))
  expect(now()).toEqual(['NXDOMAIN', 'NOERROR', 'NOERROR 10.53.0.80', 'asked'])
  await done(dns.changeRecord(RPZ, named.id, { data: '10.53.0.81' }))
  await running.lists.keeper.look()
  expect(now()[2]).toBe('NOERROR 10.53.0.81')
  expect(await done(policies.getList('rpz'))).toMatchObject({ state: 'loaded', zone: RPZ, format: 'rpz' })
  expect(await refused(dns.removeZone(RPZ))).toBe('conflict : the zone rpz.example is a list of a policy')
  await done(policies.setPolicies([policyInput('default')]))
  await done(policies.removeList('rpz'))
  expect([now()[0], ask(running, `taproot.${RPZ}`)]).toEqual(['asked', 'NOERROR 10.53.0.2'])
})

test('a copy of another server\'s zone decides, also after its primary has changed it and after a restart', async () => {
  const pair = new Pair()
  const from = (name: string): string => {
    const bytes = queryBytes(name, 'A')
    const into = new Uint8Array(4096)
    const length = pair.consumer.on.appliance.dns.receive(bytes, 0, bytes.length, into, 0, 4096, ipv4('10.53.0.9'), () => () => {})
    return length < 0 ? 'asked' : told(into, 0, length).rcode
  }
  const { producer } = pair
  await pair.done(producer.services.dns.addZone({ ...ZONE, name: RPZ, serialPolicy: 'increment' }))
  await pair.done(producer.services.dns.addRecord(RPZ, rule('bad.example', 'CNAME', 'rpz-passthru.')))
  await pair.done(producer.services.transfers.setTransferPolicy(RPZ, { addresses: ['10.53.0.3/32'], keys: [], tlsOnly: false }))
  await pair.done(producer.services.transfers.setNotify(RPZ, { targets: [{ address: '10.53.0.3', port: 53, key: null }], nameServers: false }))
  await pair.done(pair.consumer.services.secondaries.setSecondary(RPZ, { primaries: [PRIMARY] }))
  const copied = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) {
      pair.clock.runUntil(pair.clock.now() + 100)
      await new Promise<void>((resolve) => queueMicrotask(resolve))
    }
    await pair.done(pair.consumer.services.policies.refreshList('rpz'))
  }
  await pair.done(pair.consumer.services.policies.addList(LIST))
  await pair.done(pair.consumer.services.policies.setPolicies([policyInput('default', { lists: ['rpz'] })]))
  await copied()
  const check = async (): Promise<string | undefined> => (await pair.done(pair.consumer.services.policies.checkName('bad.example', 'A', '10.53.0.9'))).decision?.action
  expect(await check()).toBe('allow')
  await pair.done(producer.services.dns.addRecord(RPZ, rule('worse.example', 'CNAME', '.')))
  await copied()
  // The address of the zone's own name server is a rule too.
  expect([await check(), (await pair.done(pair.consumer.services.policies.getList('rpz'))).entries]).toEqual(['allow', 3])
  pair.restartConsumer()
  await copied()
  expect([await check(), from('www.example')]).toEqual(['allow', 'REFUSED'])
})
