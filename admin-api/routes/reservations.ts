import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import {
  Reservation,
  ReservationChange,
  ReservationCreation,
  ReservationPage,
  reservationParams,
  RESERVATION_DEFAULTS,
} from '../schemas/reservations.ts'

export function reservationRoutes(app: Api, services: Services): void {
  theReservations(app, services)
  oneReservation(app, services)
}

function theReservations(app: Api, services: Services): void {
  app.get(
    '/reservations',
    {
      schema: {
        operationId: 'listReservations',
        tags: ['reservations'],
        summary: 'All reservations',
        description: 'The whole list as one page.',
        response: { 200: ReservationPage },
      },
    },
    async () => singlePage(granted(await services.dhcp.listReservations())),
  )

  app.post(
    '/reservations',
    {
      schema: {
        operationId: 'addReservation',
        tags: ['reservations'],
        summary: 'Add a reservation',
        description: 'At least one of "mac" and "clientId" is needed. It holds from the next packet on.',
        body: ReservationCreation,
        response: { 201: Reservation },
      },
    },
    async (request, reply) => {
      const reservation = granted(await services.dhcp.addReservation({ ...RESERVATION_DEFAULTS, ...request.body }))
      return reply.code(201).header('location', locationOf('reservations', reservation.id)).send(reservation)
    },
  )
}

function oneReservation(app: Api, services: Services): void {
  app.get(
    '/reservations/:id',
    {
      schema: {
        operationId: 'getReservation',
        tags: ['reservations'],
        summary: 'One reservation',
        description: 'The reservation as it is now.',
        params: reservationParams,
        response: { 200: Reservation },
      },
    },
    async request => granted(await services.dhcp.getReservation(request.params.id)),
  )

  app.patch(
    '/reservations/:id',
    {
      schema: {
        operationId: 'changeReservation',
        tags: ['reservations'],
        summary: 'Change a reservation',
        description: 'Fields that are left out stay as they are; "options" is replaced as a whole.',
        params: reservationParams,
        body: ReservationChange,
        response: { 200: Reservation },
      },
    },
    async request => granted(await services.dhcp.changeReservation(request.params.id, request.body)),
  )

  app.delete(
    '/reservations/:id',
    {
      schema: {
        operationId: 'removeReservation',
        tags: ['reservations'],
        summary: 'Remove a reservation',
        description: 'The client keeps the address until its lease ends.',
        params: reservationParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.dhcp.removeReservation(request.params.id))),
  )
}
