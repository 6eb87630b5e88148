import { Type } from 'typebox'
import type { PolicyView, SegmentView, WithWarnings } from '../../services/index.ts'
import { change, count, creation, freeText, id, list, nullable, page, text, time, view, word, COMPONENT } from './common.ts'
import { LEVEL_DEFAULTS, levelFields, warnings } from './levels.ts'

const bool = (description: string) => Type.Boolean({ description })
const rate = (description: string) =>
  nullable(Type.Integer({ minimum: 1, maximum: 1_000_000, description, examples: [10] }))

const ddnsFields = {
  enabled: bool('Names of leases are published.'),
  updateFromClient: bool('A client that wants to update its A record itself may.'),
  dhcid: bool('A DHCID record goes with each name, for zones that other DHCP servers write to as well.'),
}
const policyFields = {
  mode: Type.Unsafe<PolicyView['mode']>({
    type: 'string',
    enum: ['serve', 'proxy', 'off'],
    description: 'serve: addresses and options. proxy: boot options only, beside another server. off: silence.',
  }),
  authoritative: bool('NAK also to clients without a record whose address is wrong here.'),
  knownOnly: bool('Only clients that a host entry names get an address.'),
  offerDelayMs: Type.Integer({ minimum: 0, maximum: 10_000, description: 'How long an OFFER is held back.', examples: [0] }),
  besideOthers: bool('Serve although another server answers there.'),
  probe: Type.Unsafe<PolicyView['probe']>({
    type: 'string',
    enum: ['arp', 'arp-and-icmp', 'none'],
    description: 'How an address is probed before its first offer.',
  }),
  newClientsPerSecond: rate('Clients without a lease that may begin one, per second and relay port; null: no limit.'),
  leasesPerRelayPort: rate('Leases of one relay port; null: no limit.'),
  rapidCommit: bool('RFC 4039: an ACK at once to a client that asks for it.'),
  bootp: bool('Addresses of pools for BOOTP clients, for ever.'),
  releaseOnLinkLoss: bool('A guest of QEMU that is unplugged gives its leases back.'),
  ddns: Type.Object(ddnsFields, { additionalProperties: false, description: 'Names of leases.' }),
}

const Policy = Type.Unsafe<PolicyView>(
  Type.Object(policyFields, { additionalProperties: false, description: 'How it is served.', [COMPONENT]: 'Policy' }),
)
const PolicyChange = Type.Unsafe<Partial<PolicyView>>(
  Type.Partial(Type.Object({ ...policyFields, ddns: Type.Partial(Type.Object(ddnsFields), { additionalProperties: false, description: 'Names of leases.' }) }), {
    additionalProperties: false,
    description: 'How it is served; what is left out stays as it is.',
    [COMPONENT]: 'PolicyChange',
  }),
)

const fields = {
  name: freeText(63, 'Its name.', 'lan'),
  siteId: id('site that it belongs to'),
  interface: nullable(freeText(64, 'The interface of the stack on which its clients are; null: behind relays.', 'lan0')),
  relays: list(text('ipv4', 'A relay.'), 'Relay addresses that stand for it, besides those inside its subnets.'),
  domain: nullable(text('domain-name', 'Zone of the names of leases, for subnets that name none.')),
  ...levelFields,
}
const inputs = { ...fields, policy: PolicyChange }
const all = {
  id: id('segment'),
  ...fields,
  policy: Policy,
  subnets: list(word('A prefix.', '10.53.0.0/24'), 'Its subnets, which are one pool space.'),
  exhaustedSince: nullable(time('Since when clients go without an address because none is free; null: nobody does.')),
  refused: count('Requests since then that got no address.', 0),
}

const DEFAULTS = { siteId: 1, interface: null, relays: [], domain: null, policy: {}, ...LEVEL_DEFAULTS }

export const Segment = view<SegmentView>()('Segment', 'A link, ours or behind relays.', all)
export const SegmentAnswer = view<WithWarnings<SegmentView>>()('SegmentAnswer', 'The segment as it is now.', {
  ...all,
  warnings,
})
export const SegmentPage = page('Segment', Segment)
export const SegmentCreation = creation('SegmentCreation', 'A new segment.', inputs, DEFAULTS)
export const SegmentChange = change('SegmentChange', 'New values for some fields of a segment.', inputs)
