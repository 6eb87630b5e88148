/** How a segment is served, on the command line. */
import { type Invocation, type Options, UsageError } from './command.ts'

const yesNo = (says: string) => ({ type: 'string', value: 'yes|no', says }) as const
const rate = (says: string) => ({ type: 'string', value: 'N|none', says }) as const

export const POLICY_OPTIONS = {
  mode: { type: 'string', value: 'MODE', says: 'serve, proxy (boot fields only, beside another server) or off' },
  authoritative: yesNo('refuse addresses that are wrong here also to clients without a record'),
  'known-only': yesNo('addresses for clients only that a host entry names'),
  'offer-delay': { type: 'string', value: 'MS', says: 'hold offers back, so that another server comes first' },
  'beside-others': yesNo('serve although another server answers there'),
  probe: { type: 'string', value: 'HOW', says: 'before a first offer: arp, arp-and-icmp or none' },
  'new-clients': rate('clients without a lease that may begin one, per second and relay port'),
  'leases-per-port': rate('leases of one relay port'),
  'rapid-commit': yesNo('an ACK at once to a client that asks for it (RFC 4039)'),
  bootp: yesNo('addresses of pools for BOOTP clients, for ever'),
  'release-on-link-loss': yesNo('a guest of QEMU that is unplugged gives its leases back'),
  names: yesNo('publish the names of leases'),
  'names-by-client': yesNo('leave its name to a client that updates it itself (RFC 4702)'),
  dhcid: yesNo('a DHCID record with each name (RFC 4701)'),
} as const satisfies Options

/** The fields of the API that were given; undefined when none was. Throws UsageError. */
export function policyFields({ text, integer }: Invocation): { readonly [field: string]: unknown } | undefined {
  const asked = (option: keyof typeof POLICY_OPTIONS): boolean | undefined => {
    const word = text(option)
    if (word === undefined || word === 'yes' || word === 'no') return word === undefined ? undefined : word === 'yes'
    throw new UsageError(`--${option} takes yes or no, not "${word}"`)
  }
  const limit = (option: keyof typeof POLICY_OPTIONS): number | null | undefined => (text(option) === 'none' ? null : integer(option))
  const ddns = said({ enabled: asked('names'), updateFromClient: asked('names-by-client'), dhcid: asked('dhcid') })
  return said({
    mode: text('mode'),
    authoritative: asked('authoritative'),
    knownOnly: asked('known-only'),
    offerDelayMs: integer('offer-delay'),
    besideOthers: asked('beside-others'),
    probe: text('probe'),
    newClientsPerSecond: limit('new-clients'),
    leasesPerRelayPort: limit('leases-per-port'),
    rapidCommit: asked('rapid-commit'),
    bootp: asked('bootp'),
    releaseOnLinkLoss: asked('release-on-link-loss'),
    ddns,
  })
}

function said(fields: { readonly [field: string]: unknown }): { readonly [field: string]: unknown } | undefined {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return given.length === 0 ? undefined : Object.fromEntries(given)
}
