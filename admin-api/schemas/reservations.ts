import type { ReservationView } from '../../services/index.ts'
import { change, creation, freeText, id, nullable, page, parameters, text, view } from './common.ts'
import { Options } from './options.ts'

const fields = {
  subnetId: id('subnet that the address is in'),
  address: text('ipv4', 'The address to give.'),
  mac: nullable(text('mac', 'The client, by hardware address. At least one of mac and clientId is needed.')),
  clientId: nullable(text('client-id', 'The client, by option 61; wins over a hardware address.')),
  name: nullable(text('host-label', 'Host name to give and to publish.')),
  options: Options,
  comment: nullable(freeText(500, 'For people.', 'second floor, left')),
}

export const RESERVATION_DEFAULTS = { mac: null, clientId: null, name: null, options: {}, comment: null }

export const Reservation = view<ReservationView>()('Reservation', 'An address that one client always gets.', {
  id: id('reservation'),
  ...fields,
})
export const ReservationPage = page('Reservation', Reservation)
export const ReservationCreation = creation('ReservationCreation', 'A new reservation.', fields, RESERVATION_DEFAULTS)
export const ReservationChange = change('ReservationChange', 'New values for some fields of a reservation.', fields)
export const reservationParams = parameters({ id: id('reservation') })
