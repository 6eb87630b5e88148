import { Type } from 'typebox'
import type { HostEndView, ImpairmentView, InterfaceView } from '../../services/index.ts'
import {
  change, creation, freeText, integer, list, nullable, oneOf, page, parameters, text, view, word,
} from './common.ts'

/** More than any TCP waits for. */
const LONGEST_DELAY_MS = 60_000
const chance = (description: string) => Type.Number({ minimum: 0, maximum: 1, description, examples: [0.01] })
const delay = (description: string, example: number) =>
  Type.Number({ minimum: 0, maximum: LONGEST_DELAY_MS, description, examples: [example] })
const userId = (description: string) => nullable(integer(0, 0x7fff_ffff, description, 1000))

const impairmentFields = {
  loss: chance('Chance of a frame to be lost.'),
  duplication: chance('Chance of a frame to come twice.'),
  reordering: chance('Chance of a frame to be held back, so that others overtake it.'),
  corruption: chance('Chance of a frame that one of its bits is flipped.'),
  reorderMs: delay('For how long a frame is held back at most, in ms.', 20),
  delayMs: delay('How long every frame takes, in ms; twice that for a round trip when it befalls both directions.', 25),
  jitterMs: delay('Up to how much longer, in ms.', 5),
  bitsPerSecond: nullable(integer(1000, 100_000_000_000, 'How fast frames leave; null: as fast as can be.', 100_000_000)),
  queueBytes: integer(1, 67_108_864, 'Octets that may wait for the rate.', 262_144),
  direction: oneOf(['both', 'sent', 'received'], 'Which frames it befalls, seen from the appliance.'),
  seed: integer(0, 0xffff_ffff, 'The same seed and the same frames meet the same fate.', 1),
}
const FAIR: ImpairmentView = {
  loss: 0, duplication: 0, reordering: 0, corruption: 0, reorderMs: 20, delayMs: 0, jitterMs: 0, bitsPerSecond: null,
  queueBytes: 262_144, direction: 'both', seed: 1,
}
const impairmentSays = 'What befalls the frames of a link on purpose.'
const Impairment = view<ImpairmentView>()('Impairment', impairmentSays, impairmentFields)
const ImpairmentInput = creation('ImpairmentInput', impairmentSays, impairmentFields, FAIR)

const hostEndFields = {
  address: nullable(text('interface-address', "The host's address on the link.", '10.54.0.1/24')),
  bridge: nullable(freeText(15, 'The bridge that the device joins; made if missing, and it gets the address.', 'br1')),
  owner: userId('User id who may attach to the device later.'),
  persist: Type.Boolean({ description: 'The device stays when the program ends.' }),
}
const NO_HOST_END: HostEndView = { address: null, bridge: null, owner: null, persist: false }
const hostEndSays = "The host's end of a TAP device."
const HostEnd = view<HostEndView>()('HostEnd', hostEndSays, hostEndFields)
const HostEndInput = creation('HostEndInput', hostEndSays, hostEndFields, NO_HOST_END)

const propertyFields = {
  enabled: Type.Boolean({ description: 'false: it is left down. true on one that is down tries again to bring it up.' }),
  addressing: oneOf(['static', 'dhcp'], 'dhcp: our own DHCP client gives it an address, besides "addresses".'),
  addresses: list(text('interface-address', 'An address with the length of its prefix, up to /32.'), 'Its addresses.'),
  proxyArp: oneOf(
    ['off', 'routed', 'ranges'],
    'For whom ARP requests are answered (RFC 1027) while forwarding is on: nobody, all that is reached by another link, ' +
      'or of those the ranges.',
  ),
  proxyArpRanges: list(text('prefix', 'A block of addresses.'), 'The ranges of proxyArp.'),
  bogons: oneOf(
    ['accepted', 'reserved', 'not-global'],
    'Source addresses that are dropped (RFC 6890): none, those that nobody may use, or also those of inside networks.',
  ),
  reversePath: oneOf(
    ['off', 'loose', 'strict'],
    'Sources must be reached by any link (loose), or by the one that they come from (strict) (RFC 3704).',
  ),
  directedBroadcasts: Type.Boolean({ description: 'Forward broadcasts to its subnets (RFC 2644).' }),
  routerDiscovery: oneOf(
    ['off', 'advertise', 'discover'], 'Advertise ourselves as a gateway, or learn gateways (RFC 1256).',
  ),
}
const fixedFields = {
  name: freeText(15, 'Its name; that of the device if it is a TAP device.', 'lab1'),
  kind: oneOf(['tap', 'qemu'], 'A TAP device of the host, or guests of QEMU at a unix socket (no root needed).'),
  mtu: integer(576, 1500, 'Largest datagram in octets.', 1500),
  peerMac: nullable(text('mac', 'The only other station on the link: no ARP is spoken. null: an Ethernet.')),
  socket: nullable(freeText(107, 'Path of the unix socket of a QEMU link.', '/run/taproot/lab1.sock')),
  socketOwner: userId('User id to whom the socket is given; null: it stays ours. Its mode is 0660.'),
}

export const Interface = view<InterfaceView>()('Interface', 'A link of the own network stack.', {
  ...fixedFields,
  mac: text('mac', 'Its hardware address.'),
  ...propertyFields,
  impairment: nullable(Impairment),
  hostEnd: nullable(HostEnd),
  first: Type.Boolean({
    description: 'It is the one that the program was started with: its name, MAC, MTU and first address are settings.',
  }),
  state: oneOf(['up', 'down'], 'Whether it carries frames.'),
  reason: nullable(word('Why it is down.', 'another program has this TAP device open; stop it, or choose another name')),
  learntAddresses: list(word('An address.', '192.168.1.50/24'), 'What it learnt by DHCP, or as link-local address.'),
  guests: list(word('A guest.', 'guest0'), 'The guests connected to a QEMU link.'),
  counters: Type.Record(Type.String(), Type.Number(), { description: 'Frames, octets and drops by reason.' }),
})
export const InterfacePage = page('Interface', Interface)

const PROPERTY_DEFAULTS = {
  enabled: true,
  addressing: 'static',
  addresses: [],
  proxyArp: 'off',
  proxyArpRanges: [],
  bogons: 'accepted',
  reversePath: 'off',
  directedBroadcasts: false,
  routerDiscovery: 'off',
} as const

export const INTERFACE_DEFAULTS = {
  ...PROPERTY_DEFAULTS, mtu: 1500, mac: null, peerMac: null, socket: null, socketOwner: null,
} as const

export const InterfaceCreation = creation(
  'InterfaceCreation', 'A new interface.',
  {
    ...fixedFields,
    mac: nullable(text('mac', 'Its hardware address; null: made from its first address or its name.')),
    ...propertyFields,
    impairment: nullable(ImpairmentInput),
    hostEnd: nullable(HostEndInput),
  },
  { ...INTERFACE_DEFAULTS, impairment: null, hostEnd: null },
)
export const InterfaceChange = change('InterfaceChange', 'New values for some properties of an interface.', {
  ...propertyFields, impairment: nullable(ImpairmentInput),
})
export const interfaceParams = parameters({ name: freeText(15, 'Name of the interface.', 'lab1') })

/** What a person left out of an impairment or a host end. */
export const impairmentOf = (given: Partial<ImpairmentView> | null): ImpairmentView | null => (given === null ? null : { ...FAIR, ...given })
export const hostEndOf = (given: Partial<HostEndView> | null): HostEndView | null => (given === null ? null : { ...NO_HOST_END, ...given })
