import type { SubnetView } from '../../services/index.ts'
import { change, count, creation, freeText, id, integer, nullable, page, parameters, text, view } from './common.ts'
import { Options } from './options.ts'

/** RFC 2132 §9.2: a lease time is 32 bits of seconds; all ones is an infinite lease. */
const INFINITE_SECONDS = 0xffff_ffff

const fields = {
  prefix: text('prefix', "The subnet's address block."),
  interface: freeText(64, 'The interface of the stack on which its clients are.', 'lan0'),
  leaseSeconds: integer(1, INFINITE_SECONDS, 'Lease time for clients that ask for none.', 3600),
  minLeaseSeconds: integer(1, INFINITE_SECONDS, 'Shortest lease that a client gets.', 120),
  maxLeaseSeconds: integer(1, INFINITE_SECONDS, 'Longest lease that a client gets.', 86_400),
  domain: nullable(text('domain-name', 'Zone in which the names of leases appear; null: none.')),
  options: Options,
}

export const SUBNET_DEFAULTS = {
  leaseSeconds: 3600,
  minLeaseSeconds: 120,
  maxLeaseSeconds: 86_400,
  domain: null,
  options: {},
}

export const Subnet = view<SubnetView>()('Subnet', 'A block of addresses on one interface.', {
  id: id('subnet'),
  ...fields,
  poolSize: count('Addresses in its pools.', 100),
  bound: count('How many of those are bound now.', 12),
})
export const SubnetPage = page('Subnet', Subnet)
export const SubnetCreation = creation('SubnetCreation', 'A new subnet.', fields, SUBNET_DEFAULTS)
export const SubnetChange = change('SubnetChange', 'New values for some fields of a subnet.', fields)
export const subnetParams = parameters({ id: id('subnet') })
