import { Type } from 'typebox'
import type { RouteView, RoutingView } from '../../services/index.ts'
import { change, creation, freeText, id, integer, nullable, oneOf, page, parameters, text, view, word } from './common.ts'

const MOST_METRIC = 65_535

const fields = {
  prefix: text('prefix', 'Where it goes to; 0.0.0.0/0 is the default route.', '10.60.0.0/24'),
  gateway: nullable(text('ipv4', "The next hop; null when the targets are on the interface's own link.", '10.53.0.7')),
  interface: nullable(freeText(15, 'The link; null: the one on which the gateway is.', 'lab1')),
  metric: integer(0, MOST_METRIC, 'Of two routes to the same prefix the lower one is taken.', 0),
  comment: nullable(freeText(200, 'A note for people.', 'the other house')),
}
export const ROUTE_DEFAULTS = { gateway: null, interface: null, metric: 0, comment: null }

export const Route = view<RouteView>()('Route', 'A route of the live table, or a static one that waits for its link.', {
  ...fields,
  metric: Type.Integer({ description: 'Of two routes to the same prefix the lower one is taken.', examples: [0] }),
  id: nullable(id('static route')),
  kind: oneOf(
    ['static', 'settings', 'direct', 'dhcp', 'redirect', 'discovered'],
    "By this API; by --gateway; an interface's own subnet; by our DHCP client; by an ICMP redirect; by router discovery.",
  ),
  flags: word('U: usable, G: by a gateway, H: to one host, D: made by a redirect, M: changed by one.', 'UG'),
})
export const RoutePage = page('Route', Route)
export const RouteCreation = creation('RouteCreation', 'A new static route.', fields, ROUTE_DEFAULTS)
export const RouteChange = change('RouteChange', 'New values for some fields of a static route.', fields)
export const routeParams = parameters({ id: id('static route') })

const routingFields = {
  forwarding: Type.Boolean({ description: 'Datagrams that are not for the appliance go on by the routing table (RFC 1812).' }),
}
export const Routing = view<RoutingView>()('Routing', 'Whether the appliance is a router.', routingFields)
export const RoutingChange = change('RoutingChange', 'New values.', routingFields)
