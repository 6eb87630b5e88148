import { FaultyLink, Switch, virtualWire } from '../../stack/index.ts'
import { CaptureLink } from '../../stack/link/capture.ts'
import { LoopbackLink } from '../../stack/link/loopback.ts'
import { SeededRandom, VirtualClock } from '../../stack/platform/index.ts'
import { linkBattery } from './link.ts'
import type { LinkPair } from './link.ts'

function pairOn(clock: VirtualClock, near: LinkPair['near'], far: LinkPair['far']): LinkPair {
  return {
    near,
    far,
    settle: () => clock.advance(100),
    close: () => {
      near.close()
      far.close()
    },
  }
}

linkBattery('A virtual wire', () => {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock, { delayMs: 2, bitsPerSecond: 100_000_000 })
  return pairOn(clock, near, far)
})

linkBattery('A virtual wire with jumbo frames', () => {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock, { mtu: 9000 })
  return pairOn(clock, near, far)
})

linkBattery('A faulty link in fair weather', () => {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock)
  const fair = (link: typeof near): FaultyLink => new FaultyLink(link, clock, new SeededRandom(1), {})
  return pairOn(clock, fair(near), fair(far))
})

linkBattery('A faulty link that only delays, both ways', () => {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock)
  const weather = { delayMs: 5, jitterMs: 3, bitsPerSecond: 100_000_000 }
  const rough = (link: typeof near): FaultyLink => new FaultyLink(link, clock, new SeededRandom(1), weather, weather)
  return pairOn(clock, rough(near), rough(far))
})

linkBattery('A switch port', () => {
  const clock = new VirtualClock()
  const [near, , far] = new Switch(clock, { ports: 3 }).ports
  if (near === undefined || far === undefined) throw new Error('three ports')
  return pairOn(clock, near, far)
})

linkBattery('The loopback', () => {
  const clock = new VirtualClock()
  const loopback = new LoopbackLink(clock)
  return pairOn(clock, loopback, loopback)
})

linkBattery('A captured link', () => {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock)
  const tapped = new CaptureLink(near, clock)
  tapped.start({ sink: () => true })
  return pairOn(clock, tapped, new CaptureLink(far, clock))
})

linkBattery('A virtual wire that cuts super-segments', () => {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock, { offloads: true })
  return pairOn(clock, near, far)
})

linkBattery('A captured link that cuts super-segments', () => {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock, { offloads: true })
  const tapped = new CaptureLink(near, clock)
  tapped.start({ sink: () => true })
  return pairOn(clock, tapped, new CaptureLink(far, clock))
})

linkBattery('A faulty link in fair weather that cuts super-segments', () => {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock, { offloads: true })
  return pairOn(clock, new FaultyLink(near, clock, new SeededRandom(1)), far)
})
