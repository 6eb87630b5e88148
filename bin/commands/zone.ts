import type { Page, RecordHistoryView, ZoneView } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, PAGING_OPTIONS } from './command.ts'
import { type Column, printDone, printPage, printZoneFile, shortTime } from './print.ts'

const called = ({ name, view }: ZoneView): string => (view === null ? name : `${name}@${view}`)

const COLUMNS: readonly Column<ZoneView>[] = [
  ['ZONE', zone => called(zone)],
  ['ROLE', zone => zone.role],
  ['SERIAL', zone => zone.serial],
  ['RECORDS', zone => zone.records],
  ['TTL', zone => zone.defaultTtl],
  ['PRIMARY', zone => zone.primaryServer],
]

const HISTORY_COLUMNS: readonly Column<RecordHistoryView>[] = [
  ['AT', change => shortTime(change.at)],
  ['SERIAL', change => change.serial],
  ['', change => change.action],
  ['NAME', change => change.name],
  ['TYPE', change => change.type],
  ['DATA', change => change.data],
  ['OWNER', change => change.owner],
]

export const zoneList: Command = {
  words: 'zone list',
  summary: 'list zones',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot zone list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<ZoneView>>('GET', 'zones'), COLUMNS, 'no zones')
  },
}

export const zoneAdd: Command = {
  words: 'zone add',
  summary: 'become authoritative for a zone, or for the reverse zone of a prefix',
  operands: 'ZONE|PREFIX',
  fewest: 1,
  most: 1,
  options: {
    primary: { type: 'string', value: 'NAME', says: 'primary server in the SOA (default: the appliance)' },
    hostmaster: { type: 'string', value: 'NAME', says: 'mailbox in the SOA, as a domain name' },
    ttl: { type: 'string', value: 'SECONDS', says: 'for records that name none (default 3600)' },
    'soa-ttl': { type: 'string', value: 'SECONDS', says: 'of the SOA record itself (default: --ttl)' },
    minimum: { type: 'string', value: 'SECONDS', says: 'TTL of negative answers (default 300)' },
    serial: { type: 'string', value: 'increment|date|unixtime', says: 'how the serial moves (default increment)' },
  },
  examples: ['taproot zone add lab.internal', 'taproot zone add 10.54.0.0/24 --ttl 600'],
  async run(invocation) {
    const { api, operands, text, integer } = invocation
    const name = await zoneName(operands[0] as string)
    const zone = await api.json<ZoneView>(
      'POST',
      'zones',
      {},
      {
        name: name.split('@')[0],
        view: name.split('@')[1],
        primaryServer: text('primary'),
        hostmaster: text('hostmaster'),
        defaultTtl: integer('ttl'),
        soaTtl: integer('soa-ttl'),
        minimum: integer('minimum'),
        serialPolicy: text('serial'),
      },
    )
    printDone(invocation, `added the zone ${called(zone)}`, zone)
  },
}

/** A prefix stands for its reverse zone; of a block smaller than /24 that is the one of RFC 2317. */
async function zoneName(text: string): Promise<string> {
  if (!/^[\d.]+\/\d+$/.test(text)) return text
  const [{ classlessZoneName }, { parsePrefix }] = await Promise.all([import('../../services/index.ts'), import('../../stack/index.ts')])
  const prefix = parsePrefix(text)
  return prefix === undefined ? text : classlessZoneName(prefix)
}

export const zoneRemove: Command = {
  words: 'zone remove',
  summary: 'remove a zone with all its records',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot zone remove lab.internal'],
  async run(invocation) {
    const zone = invocation.operands[0] as string
    printDone(invocation, `removed the zone ${zone}`, await invocation.api.json<null>('DELETE', path('zones', zone)))
  },
}

export const zoneExport: Command = {
  words: 'zone export',
  summary: 'print a zone as a master file (RFC 1035)',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    signed: { type: 'boolean', says: 'with the keys, signatures and denials of DNSSEC' },
    'without-leases': { type: 'boolean', says: 'leave the records of leases out' },
  },
  examples: ['taproot zone export lab.internal > lab.internal.zone'],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const zone = operands[0] as string
    const query = { signed: flag('signed') ? 'true' : undefined, leases: flag('without-leases') ? 'false' : undefined }
    printZoneFile(invocation, zone, await api.text(path('zones', zone, 'export'), query))
  },
}

export const zoneHistory: Command = {
  words: 'zone history',
  summary: 'list what changed in a zone',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    name: { type: 'string', value: 'NAME', says: 'of this name' },
    type: { type: 'string', value: 'TYPE', says: 'of this type' },
    ...PAGING_OPTIONS,
  },
  examples: ['taproot zone history lab.internal --name printer'],
  async run(invocation) {
    const { api, operands, text, integer } = invocation
    const query = { name: text('name'), type: text('type'), limit: integer('limit'), after: text('after') }
    const page = await api.json<Page<RecordHistoryView>>('GET', path('zones', operands[0] as string, 'history'), query)
    printPage(invocation, page, HISTORY_COLUMNS, 'nothing has changed so far')
  },
}
