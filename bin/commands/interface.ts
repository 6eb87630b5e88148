/** Links of the appliance's own stack. */
import type { HostEndView, ImpairmentView, InterfacePropertiesView, InterfaceView, Page } from '../../services/index.ts'
import type { Weather } from '../../stack/index.ts'
import { path } from './client.ts'
import { type Command, type Invocation, type Options, UsageError } from './command.ts'
import { type Column, printDone, printPage } from './print.ts'
import { guestArguments } from './guest-arguments.ts'
import { readWeather, WEATHER_OPTIONS, weatherText } from './weather-options.ts'

const impairmentText = (i: ImpairmentView): string => {
  const { bitsPerSecond, direction, seed: _seed, ...rest } = i
  const told = Object.entries(rest).filter(([name, value]) => value !== 0 && name !== 'reorderMs' && name !== 'queueBytes')
  const rate = bitsPerSecond === null ? {} : { bitsPerSecond }
  return `${weatherText({ ...Object.fromEntries(told), ...rate })}${direction === 'both' ? '' : ` (${direction})`}`
}

const proxyText = (i: InterfaceView): readonly string[] =>
  i.proxyArp === 'off' ? [] : [`proxy-arp ${i.proxyArp === 'ranges' ? i.proxyArpRanges.join(' ') : i.proxyArp}`]

const notes = (i: InterfaceView): string =>
  [
    ...(i.reason === null ? [] : [i.reason]),
    ...(i.addressing === 'dhcp' ? ['dhcp'] : []),
    ...proxyText(i),
    ...(i.reversePath === 'off' ? [] : [`reverse-path ${i.reversePath}`]),
    ...(i.bogons === 'accepted' ? [] : [`bogons ${i.bogons}`]),
    ...(i.directedBroadcasts ? ['directed-broadcasts'] : []),
    ...(i.routerDiscovery === 'off' ? [] : [`router-discovery ${i.routerDiscovery}`]),
    ...(i.impairment === null ? [] : [impairmentText(i.impairment)]),
    ...(i.socket === null ? [] : [`${i.socket}, ${i.guests.length} guests`]),
  ].join('; ')

const COLUMNS: readonly Column<InterfaceView>[] = [
  ['INTERFACE', each => each.name],
  ['KIND', each => each.kind],
  ['STATE', each => each.state],
  ['MAC', each => each.mac],
  ['MTU', each => each.mtu],
  ['ADDRESSES', each => [...each.addresses, ...each.learntAddresses].join(' ')],
  ['NOTES', each => notes(each) || null],
]

export const interfaceList: Command = {
  words: 'interface list',
  summary: 'list the links of the own network stack',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot interface list', 'taproot interface list --json'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<InterfaceView>>('GET', 'interfaces'), COLUMNS, 'no interfaces')
  },
}

const PROPERTY_OPTIONS = {
  dhcp: { type: 'string', value: 'ON|OFF', says: 'get an address by DHCP' },
  'proxy-arp': { type: 'string', value: 'WHOM', says: 'answer ARP for others: off, routed, or blocks joined by commas' },
  bogons: { type: 'string', value: 'POLICY', says: 'forged sources to drop: accepted, reserved or not-global' },
  'reverse-path': { type: 'string', value: 'POLICY', says: 'sources must be reached: off, loose or strict' },
  'directed-broadcasts': { type: 'string', value: 'ON|OFF', says: 'forward broadcasts to its subnets' },
  'router-discovery': { type: 'string', value: 'ROLE', says: 'off, advertise or discover' },
  ...WEATHER_OPTIONS,
  direction: { type: 'string', value: 'WHICH', says: 'frames that loss, delay and so on befall: both (default), sent or received' },
  seed: { type: 'string', value: 'N', says: 'the same seed and the same frames meet the same fate (default 1)' },
} as const satisfies Options

function onOff(option: string, text: string | undefined): boolean | undefined {
  if (text === undefined || text === 'on' || text === 'off') return text === undefined ? undefined : text === 'on'
  throw new UsageError(`--${option} takes on or off, not "${text}"`)
}

/** 1.1 times a thousand is not quite 1100. */
const whole = ({ bitsPerSecond, queueBytes, ...rest }: Weather): Weather => ({
  ...rest,
  ...(bitsPerSecond === undefined ? {} : { bitsPerSecond: Math.round(bitsPerSecond) }),
  ...(queueBytes === undefined ? {} : { queueBytes: Math.round(queueBytes) }),
})

/** What was given of the properties; the API says what is wrong with a word. */
function propertiesOf({ text, integer }: Invocation): Partial<InterfacePropertiesView> {
  const proxy = text('proxy-arp')
  const ranges = proxy?.includes('/') === true ? proxy.split(',') : undefined
  const weather = readWeather(text)
  const aside = { direction: text('direction'), seed: integer('seed') }
  const impaired = Object.keys(weather).length > 0
  if (!impaired && (aside.direction !== undefined || aside.seed !== undefined)) {
    throw new UsageError('--direction and --seed belong to an impairment, as --loss 1%')
  }
  const dhcp = onOff('dhcp', text('dhcp'))
  const given = {
    addressing: dhcp === undefined ? undefined : dhcp ? 'dhcp' : 'static',
    proxyArp: ranges === undefined ? proxy : 'ranges',
    proxyArpRanges: ranges,
    bogons: text('bogons'),
    reversePath: text('reverse-path'),
    directedBroadcasts: onOff('directed-broadcasts', text('directed-broadcasts')),
    routerDiscovery: text('router-discovery'),
    impairment: impaired ? { ...whole(weather), ...aside } : undefined,
  }
  return given as Partial<InterfacePropertiesView>
}

export const interfaceAdd: Command = {
  words: 'interface add',
  summary: 'add a link: a TAP device, or guests of QEMU at a unix socket',
  operands: 'NAME [ADDRESS/LENGTH…]',
  fewest: 1,
  most: 33,
  options: {
    socket: { type: 'string', value: 'PATH', says: 'take guests of QEMU there, instead of a TAP device' },
    owner: { type: 'string', value: 'UID', says: 'user id who may use the device or the socket' },
    'host-address': { type: 'string', value: 'ADDRESS', says: "the host's end of the TAP device, as 10.54.0.1/24" },
    bridge: { type: 'string', value: 'NAME', says: 'bridge of the host that it joins; made if missing' },
    persist: { type: 'boolean', says: 'leave the TAP device when the appliance ends' },
    mac: { type: 'string', value: 'MAC', says: 'our hardware address (default: made from the address)' },
    mtu: { type: 'string', value: 'OCTETS', says: 'largest datagram (default 1500)' },
    peer: { type: 'string', value: 'MAC', says: 'the only other station: no ARP is spoken' },
    ...PROPERTY_OPTIONS,
  },
  examples: [
    'taproot interface add lab1 10.54.0.2/24 --host-address 10.54.0.1/24',
    'taproot interface add lab2 10.55.0.1/24 --socket /run/taproot/lab2.sock',
    'taproot interface add slow0 10.56.0.1/24 --bridge br-slow --delay 25ms --loss 1%',
  ],
  async run(invocation) {
    const { api, operands, text, integer } = invocation
    const [name, ...addresses] = operands
    const socket = text('socket')
    const owner = integer('owner')
    const hostEnd = { address: text('host-address'), bridge: text('bridge'), owner, persist: invocation.flag('persist') }
    const medium =
      socket === undefined
        ? { kind: 'tap', hostEnd: hostEnd satisfies { [K in keyof HostEndView]?: unknown } }
        : { kind: 'qemu', socket, socketOwner: owner }
    const body = { name, addresses, mac: text('mac'), mtu: integer('mtu'), peerMac: text('peer'), ...medium, ...propertiesOf(invocation) }
    const added = await api.json<InterfaceView>('POST', 'interfaces', {}, body)
    printDone(invocation, `added ${added.name}, ${added.mac}${qemuLine(added)}`, added)
  },
}

/** A line to copy for whoever starts a guest. */
const qemuLine = ({ socket }: InterfaceView): string =>
  socket === null
    ? ''
    : `\na guest, each with a MAC of its own: qemu-system-x86_64 ${guestArguments(socket)}`

export const interfaceChange: Command = {
  words: 'interface change',
  summary: 'change what counts from the next frame on; weather is replaced whole',
  operands: 'NAME',
  fewest: 1,
  most: 1,
  options: {
    addresses: { type: 'string', value: 'LIST', says: 'all its addresses, joined by commas' },
    fair: { type: 'boolean', says: 'end every impairment' },
    ...PROPERTY_OPTIONS,
  },
  examples: [
    'taproot interface change taproot0 --loss 1% --delay 25ms',
    'taproot interface change taproot0 --fair',
    'taproot interface change lab1 --reverse-path strict --proxy-arp routed',
  ],
  async run(invocation) {
    const { api, operands, text } = invocation
    const properties = propertiesOf(invocation)
    const addresses = text('addresses')?.split(',').map(each => each.trim())
    const fair = invocation.flag('fair') ? { impairment: null } : {}
    if (invocation.flag('fair') && properties.impairment !== undefined) throw new UsageError('--fair ends every impairment; give one or the other')
    const changed = await api.json<InterfaceView>('PATCH', path('interfaces', operands[0] as string), {}, { addresses, ...properties, ...fair })
    printDone(invocation, `changed ${changed.name}${notes(changed) === '' ? '' : `: ${notes(changed)}`}`, changed)
  },
}

const enable = (word: 'up' | 'down', summary: string): Command => ({
  words: `interface ${word}`,
  summary,
  operands: 'NAME',
  fewest: 1,
  most: 1,
  options: {},
  examples: [`taproot interface ${word} lab1`],
  async run(invocation) {
    const { api, operands } = invocation
    const changed = await api.json<InterfaceView>('PATCH', path('interfaces', operands[0] as string), {}, { enabled: word === 'up' })
    printDone(invocation, `${changed.name} is ${changed.state}`, changed)
  },
})
export const interfaceUp = enable('up', 'bring a link up, or try again to')
export const interfaceDown = enable('down', 'take a link down; it stays so')

export const interfaceRemove: Command = {
  words: 'interface remove',
  summary: 'remove a link, with its device or socket',
  operands: 'NAME',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot interface remove lab1'],
  async run(invocation) {
    const name = invocation.operands[0] as string
    printDone(invocation, `removed ${name}`, await invocation.api.json<null>('DELETE', path('interfaces', name)))
  },
}
