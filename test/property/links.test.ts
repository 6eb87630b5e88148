/**
 * Whatever an administrator does to interfaces and routes, in whatever order, while the disk and the devices fail now and
 * then: what is stored, what is live and what is open agree, and a start from the store gives the same again.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { InterfaceInput, RouteView } from '../../services/index.ts'
import { startAppliance, type Running } from '../support/running-appliance.ts'

const NAMES = ['lab1', 'lab2', 'vms'] as const
const name = fc.constantFrom(...NAMES)
const own = fc.constantFrom('10.54.0.2/24', '10.55.0.2/24', '10.55.0.9/25', '10.53.0.7/24', '10.56.0.1/31', '10.57.0.1/32')
const addresses = fc.uniqueArray(own, { maxLength: 3 })
const weather = fc.option(fc.record({
  loss: fc.constantFrom(0, 0.5), duplication: fc.constant(0), reordering: fc.constant(0), corruption: fc.constant(0), reorderMs: fc.constant(20),
  delayMs: fc.constantFrom(0, 25), jitterMs: fc.constant(0), bitsPerSecond: fc.constantFrom(null, 1e6), queueBytes: fc.constant(65_536),
  direction: fc.constantFrom('both' as const, 'sent' as const, 'received' as const), seed: fc.nat(2),
}))
const properties = {
  enabled: fc.boolean(), addressing: fc.constantFrom('static' as const, 'dhcp' as const), addresses, proxyArp: fc.constantFrom('off' as const, 'routed' as const),
  bogons: fc.constantFrom('accepted' as const, 'reserved' as const), reversePath: fc.constantFrom('off' as const, 'strict' as const),
  directedBroadcasts: fc.boolean(), routerDiscovery: fc.constantFrom('off' as const, 'advertise' as const, 'discover' as const), impairment: weather,
}
/** Addresses that go together, as most people would choose them. */
const OWN = { lab1: '10.54.0.2/24', lab2: '10.55.0.2/24', vms: '10.56.0.1/24' } as const
const input: fc.Arbitrary<InterfaceInput> = fc.record({ name, ...properties, sane: fc.nat(3) }).map(({ sane, ...fields }) => {
  const qemu = fields.name === 'vms'
  return {
    ...fields, addresses: sane > 0 ? [OWN[fields.name]] : fields.addresses, proxyArpRanges: [], kind: qemu ? ('qemu' as const) : ('tap' as const), mac: null, mtu: 1500, peerMac: null,
    hostEnd: null, socket: qemu ? '/run/vms.sock' : null, socketOwner: null,
  }
})

/** One thing that happens, and what is broken meanwhile. */
type Step = { readonly run: (r: Running) => Promise<unknown>; readonly diskFull: boolean; readonly noDriver: boolean }
const action: fc.Arbitrary<Step['run']> = fc.oneof(
  { weight: 4, arbitrary: input.map((i): Step['run'] => (r) => r.services.interfaces.addInterface(i)) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('taproot0', ...NAMES), fc.record(properties, { requiredKeys: [] })).map(([n, change]): Step['run'] => (r) => r.services.interfaces.changeInterface(n, change)) },
  { weight: 2, arbitrary: name.map((n): Step['run'] => (r) => r.services.interfaces.removeInterface(n)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('10.60.0.0/24', '0.0.0.0/0'), fc.constantFrom('10.54.0.9', '10.55.0.9', '10.53.0.9', null), fc.constantFrom(null, 'lab1'), fc.nat(2)).map(
      ([prefix, gateway, link, metric]): Step['run'] => (r) => r.services.routes.addRoute({ prefix, gateway, interface: link, metric, comment: null }),
    ),
  },
  { weight: 1, arbitrary: fc.nat(3).map((id): Step['run'] => (r) => r.services.routes.removeRoute(id)) },
  { weight: 1, arbitrary: fc.boolean().map((on): Step['run'] => (r) => r.services.routes.changeRouting({ forwarding: on })) },
  { weight: 1, arbitrary: name.map((n): Step['run'] => async (r) => r.media.lose.get(n)?.('its device is gone')) },
)
const one = (of: number): fc.Arbitrary<boolean> => fc.nat(of - 1).map((n) => n === of - 1)
const step: fc.Arbitrary<Step> = fc.record({ run: action, diskFull: one(5), noDriver: one(8) })

async function happen(running: Running, { run, diskFull, noDriver }: Step): Promise<void> {
  running.fault = diskFull ? { kind: 'full', detail: 'SQLITE_FULL' } : undefined
  running.media.fault = noDriver ? { problem: 'no driver', remedy: 'modprobe' } : undefined
  await run(running)
  running.fault = undefined
  running.media.fault = undefined
}

const texts = (routes: readonly RouteView[]): readonly string[] => routes.map(({ kind, prefix, gateway, interface: link, metric, flags }) => `${kind} ${prefix} ${gateway ?? '-'} ${link ?? '-'} ${metric} ${flags}`).sort()

async function agrees({ appliance, devices, media, services, store }: Running): Promise<void> {
  const plans = await appliance.network.interfaces.plans()
  const views = await services.interfaces.listInterfaces()
  const routes = await services.routes.listRoutes()
  if (!plans.ok || !views.ok || !routes.ok) throw new Error('a listing was refused')
  const snapshot = store.load()
  const others = plans.value.slice(1)
  expect([...others].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(snapshot.interfaces)
  const up = views.value.filter((view) => view.state === 'up' && !view.first)
  expect(appliance.stack.interfaces.map((iface) => iface.name).sort()).toEqual(['taproot0', ...up.map((view) => view.name)].sort())
  expect([...media.live].sort()).toEqual(up.map((view) => view.name).sort())
  // The main thread may still hold the device of a link that went away; never one that is not planned, or not enabled.
  for (const device of devices.opened) expect(others.find((plan) => plan.name === device)).toMatchObject({ enabled: true, medium: { kind: 'tap' } })
  for (const view of up) if (view.kind === 'tap') expect(devices.opened).toContain(view.name)
  const byDhcp = up.filter((view) => view.addressing === 'dhcp').map((view) => view.name)
  expect(NAMES.filter((each) => appliance.uplinks.client(each) !== undefined)).toEqual(byDhcp)
  expect(routes.value.filter(({ kind }) => kind === 'static').map(({ id }) => id).sort()).toEqual(snapshot.routes.map(({ id }) => id).sort())
  expect(appliance.stack.forwarding).toBe(snapshot.settings.get('forwarding') === 'yes')
}

test('stored, live and open agree after every step, and a start gives the same again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const running = startAppliance()
      for (const each of steps) {
        await happen(running, each)
        await agrees(running)
      }
      const { interfaces, routes, settings } = running.store.load()
      const again = startAppliance({
        before: [
          ...interfaces.map((each) => ({ kind: 'interface-put' as const, interface: each })), ...routes.map((each) => ({ kind: 'route-put' as const, route: each })),
          ...['first-link', 'forwarding'].flatMap((key) => (settings.has(key) ? [{ kind: 'setting' as const, name: key, value: settings.get(key) ?? '' }] : [])),
        ],
      })
      // What was down for a reason of its own is tried again at a start.
      for (const { name: each, enabled } of interfaces) if (enabled) await running.services.interfaces.changeInterface(each, { enabled: true })
      const [one, other] = await Promise.all([running.services.routes.listRoutes(), again.services.routes.listRoutes()])
      expect(one.ok && texts(one.value)).toEqual(other.ok && texts(other.value))
      const names = (r: Running): readonly string[] => r.appliance.stack.interfaces.map((iface) => `${iface.name} ${iface.addresses.length}`).sort()
      expect(names(running)).toEqual(names(again))
    }),
    { numRuns: 25, endOnFailure: true },
  )
})
