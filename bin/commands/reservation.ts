import type { Page, ReservationView } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, NotDone } from './command.ts'
import { OPTION, optionSet } from './dhcp-options.ts'
import { type Column, printDone, printPage } from './print.ts'
import { subnetIdOf } from './which-subnet.ts'

const COLUMNS: readonly Column<ReservationView>[] = [
  ['ID', reservation => reservation.id],
  ['ADDRESS', reservation => reservation.address],
  ['MAC', reservation => reservation.mac],
  ['CLIENT ID', reservation => reservation.clientId],
  ['NAME', reservation => reservation.name],
  ['COMMENT', reservation => reservation.comment],
]

export const reservationList: Command = {
  words: 'reservation list',
  summary: 'list reservations',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot reservation list'],
  async run(invocation) {
    const page = await invocation.api.json<Page<ReservationView>>('GET', 'reservations')
    printPage(invocation, page, COLUMNS, 'no reservations')
  },
}

export const reservationAdd: Command = {
  words: 'reservation add',
  summary: 'always give a client the same address',
  operands: 'ADDRESS',
  fewest: 1,
  most: 1,
  options: {
    mac: { type: 'string', value: 'MAC', says: 'the client, by hardware address' },
    'client-id': { type: 'string', value: 'HEX', says: 'the client, by option 61' },
    name: { type: 'string', value: 'NAME', says: 'host name to give and to publish' },
    subnet: { type: 'string', value: 'ID|PREFIX', says: 'the subnet (default: the one that ADDRESS is in)' },
    comment: { type: 'string', value: 'TEXT', says: 'for people' },
    option: OPTION,
  },
  examples: ['taproot reservation add 10.53.0.20 --mac 02:00:0a:35:00:14 --name printer'],
  async run(invocation) {
    const { api, operands, text, texts } = invocation
    const address = operands[0] as string
    const reservation = await api.json<ReservationView>(
      'POST',
      'reservations',
      {},
      {
        subnetId: await subnetIdOf(api, text('subnet') ?? address),
        address,
        mac: text('mac'),
        clientId: text('client-id'),
        name: text('name'),
        comment: text('comment'),
        options: optionSet(texts('option')),
      },
    )
    const client = reservation.clientId ?? reservation.mac ?? ''
    printDone(invocation, `reserved ${reservation.address} for ${client}, id ${reservation.id}`, reservation)
  },
}

export const reservationRemove: Command = {
  words: 'reservation remove',
  summary: 'remove a reservation',
  operands: 'ID|ADDRESS|MAC',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot reservation remove 10.53.0.20', 'taproot reservation remove 3'],
  async run(invocation) {
    const named = (invocation.operands[0] as string).toLowerCase()
    const { items } = await invocation.api.json<Page<ReservationView>>('GET', 'reservations')
    const found = items.filter(each => [String(each.id), each.address, each.mac].includes(named))
    const [reservation, ...others] = found
    if (reservation === undefined) throw new NotDone(`nothing is reserved by the id, address or MAC ${named}`)
    if (others.length > 0) throw new NotDone(`${found.length} reservations are for ${named}; name one by its address`)
    const removed = await invocation.api.json<null>('DELETE', path('reservations', reservation.id))
    printDone(invocation, `removed the reservation of ${reservation.address}`, removed)
  },
}
