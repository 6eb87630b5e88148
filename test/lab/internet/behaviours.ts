/**
 * Authoritative servers that real ones are not: each has an address and a zone below gamma, and its own way with queries.
 * Most are honest but for one thing; the honest answer is that of `honest`.
 */
import { name } from '../../../services/dns/wire/name.ts'
import { answerOctets, type Asked, type Told } from './message.ts'

export type Reply = {
  readonly octets: Uint8Array
  readonly afterMs?: number
  /** Not from the socket that was asked: the same address and another port, or another address. Over UDP. */
  readonly from?: 'other-port' | 'other-address'
}
export type Behaviour = {
  /** Its zone is this one below gamma. */
  readonly zone: string
  readonly address: string
  /** What it sends for a query, in this order; nothing for silence. */
  answer(asked: Asked, by: 'udp' | 'tcp'): readonly Reply[]
  /** Connections are taken, refused, or taken and then not heard; taken when left out. */
  readonly tcp?: 'closed' | 'deaf'
}

const RCODE = { formerr: 1, servfail: 2, nxdomain: 3, notimp: 4, refused: 5, badvers: 16 } as const

/** What a liar says where the truth is 198.19.0.1. */
export const LIE = '198.19.66.6'
export const TRUTH = '198.19.0.1'

const ttl = 300
const soa = (zone: string): string => `${zone}.gamma. ${ttl} SOA ns.${zone}.gamma. hostmaster.${zone}.gamma. 1 3600 600 86400 60`

/** An ordinary small zone: www, alias, x.y.ent, ns and the apex. */
function honest(zone: string, address: string, asked: Asked): Told {
  const apex = `${zone}.gamma`
  const records: { readonly [owner: string]: { readonly [type: string]: string } } = {
    [apex]: { NS: `ns.${apex}.`, SOA: soa(zone).split(' SOA ')[1] as string },
    [`ns.${apex}`]: { A: address }, [`www.${apex}`]: { A: TRUTH, TXT: '"of this zone"' }, [`alias.${apex}`]: { CNAME: `www.${apex}.` },
    [`ent.${apex}`]: {}, [`y.ent.${apex}`]: {}, [`x.y.ent.${apex}`]: { A: TRUTH },
  }
  const at = records[asked.name]
  if (at === undefined) return { rcode: RCODE.nxdomain, authority: [soa(zone)] }
  const line = (owner: string, type: string, data: string): string => `${owner}. ${ttl} ${type} ${data}`
  const alias = at['CNAME']
  if (alias !== undefined && asked.type !== 'CNAME') {
    const target = `www.${apex}`
    const data = records[target]?.[asked.type]
    return { answer: [line(asked.name, 'CNAME', alias), ...(data === undefined ? [] : [line(target, asked.type, data)])] }
  }
  const data = at[asked.type]
  return data === undefined ? { authority: [soa(zone)] } : { answer: [line(asked.name, asked.type, data)] }
}

type Way = (asked: Asked, told: Told, by: 'udp' | 'tcp') => readonly Reply[] | Told
let last = 0
/** A behaviour out of what it does to the honest answer. */
function server(zone: string, way: Way, tcp?: 'closed' | 'deaf'): Behaviour {
  const address = `198.18.100.${++last}`
  return {
    zone, address, ...(tcp && { tcp }),
    answer(asked, by) {
      const result = way(asked, honest(zone, address, asked), by)
      return Array.isArray(result) ? result as readonly Reply[] : [{ octets: answerOctets(asked, result as Told) }]
    },
  }
}

/** Lies are told about www alone, so that the way to the server stays. */
const isData = (asked: Asked): boolean => asked.type === 'A' && asked.name.startsWith('www.')
const lie = (asked: Asked): Told => ({ answer: [`${asked.name}. ${ttl} A ${LIE}`] })
/** Lies first, the truth a little later. */
const race = (lies: (asked: Asked) => readonly Reply[]): Way => (asked, told) =>
  isData(asked) ? [...lies(asked), { octets: answerOctets(asked, told), afterMs: 40 }] : told
const otherQuestion = (asked: Asked): Uint8Array => Uint8Array.from([...name('www.victim.gamma'), ...asked.question.slice(-4)])
const referral = (zone: string, servers: readonly string[], glue: readonly string[] = []): Told => ({
  aa: false, authority: servers.map(one => `${zone}. ${ttl} NS ${one}`), additional: glue,
})
const labelled = (asked: Asked, zone: string): boolean => asked.name.endsWith(`.${zone}.gamma`) && !asked.name.startsWith('ns.')
/** Names without records above one that has some (RFC 4592 §2.2.2). */
const isBetween = ({ name: asked }: Asked): boolean => /^(y\.)?ent\./.test(asked)
/** Names that nobody has asked for yet; the same from run to run. */
let serial = 0
/** As many as fit easily into 1,232 octets; the attack's own paper has more by TCP. */
const NXNS_SERVERS = 40

export const BEHAVIOURS: readonly Behaviour[] = [
  server('honest', (_, told) => told),
  server('slow', (asked, told) => [{ octets: answerOctets(asked, told), afterMs: 300 }]),
  server('silent', () => []),
  server('servfail', () => ({ rcode: RCODE.servfail, aa: false })),
  server('refused', () => ({ rcode: RCODE.refused, aa: false })),

  // EDNS (RFC 6891 §6.2.2, §7) as old servers and firewalls have it.
  server('formerr', (asked, told) => (asked.edns ? { rcode: RCODE.formerr, aa: false, edns: false } : told)),
  server('notimp', (asked, told) => (asked.edns ? { rcode: RCODE.notimp, aa: false, edns: false } : told)),
  server('badvers', (asked, told) => (asked.edns ? { rcode: RCODE.badvers, aa: false } : told)),
  server('drops-opt', (asked, told) => (asked.edns ? [] : told)),
  server('ignores-opt', (_, told) => ({ ...told, edns: false })),

  // Streams.
  server('truncating', (_, told, by) => (by === 'udp' ? { tc: true } : told)),
  server('truncating-no-tcp', () => ({ tc: true }), 'closed'),
  server('truncating-deaf-tcp', () => ({ tc: true }), 'deaf'),
  server('truncating-tcp-too', () => ({ tc: true })),

  // Letter case (draft-vixie-dnsext-dns0x20): a question that comes back in lower case.
  server('folds-case', (asked, told) => ({ ...told, question: Uint8Array.from([...name(asked.name), ...asked.question.slice(-4)]) })),

  // What is not an answer.
  server('garbage', asked => {
    const rest = Array.from({ length: 60 }, (_, i) => (i * 73) & 255)
    return [{ octets: Uint8Array.from([asked.id >> 8, asked.id & 255, ...rest]) }]
  }),
  server('cut-short', (asked, told) => [{ octets: answerOctets(asked, told).subarray(0, -5) }]),
  server('echo', asked => [{ octets: asked.octets }]),
  server('pointer-loop', asked => {
    const octets = answerOctets(asked, { question: Uint8Array.of(0xc0, 12, 0, 1, 0, 1), edns: false })
    return [{ octets }]
  }),

  // Spoofing (RFC 5452 §9.1): the lie comes first.
  server('race-id', race(asked => [{ octets: answerOctets(asked, { ...lie(asked), id: asked.id ^ 0x5555 }) }])),
  server('race-port', race(asked => [{ octets: answerOctets(asked, lie(asked)), from: 'other-port' }])),
  server('race-address', race(asked => [{ octets: answerOctets(asked, lie(asked)), from: 'other-address' }])),
  server('race-question', race(asked => [{
    octets: answerOctets(asked, { answer: [`www.victim.gamma. ${ttl} A ${LIE}`], question: otherQuestion(asked) }),
  }])),
  server('storm', race(asked => Array.from({ length: 400 }, (_, i) => ({
    octets: answerOctets(asked, { ...lie(asked), id: (asked.id + 1 + i * 163) & 0xffff }),
  })))),

  // Out of bailiwick (RFC 2181 §5.4.1, RFC 5452 §6): what does not belong to the zone.
  server('lies-beside', (asked, told) => (isData(asked) ? {
    ...told, answer: [...told.answer ?? [], `www.victim.gamma. ${ttl} A ${LIE}`],
    authority: [`victim.gamma. ${ttl} NS ns.lies-beside.gamma.`], additional: [`mail.victim.gamma. ${ttl} A ${LIE}`],
  } : told)),
  server('lies-by-alias', (asked, told) => (asked.name.startsWith('www.')
    ? { answer: [`${asked.name}. ${ttl} CNAME mail.victim.gamma.`, `mail.victim.gamma. ${ttl} A ${LIE}`] } : told)),
  server('lies-upward', (asked, told) => (isData(asked)
    ? { ...told, authority: [`gamma. ${ttl} NS ns.lies-upward.gamma.`], additional: [`a.nic.gamma. ${ttl} A ${LIE}`] } : told)),

  // Referrals that lead nowhere.
  server('refers-to-itself', () => referral('refers-to-itself.gamma', ['ns.refers-to-itself.gamma.'])),
  server('refers-upward', () => referral('', ['a.root-servers.'])),
  server('deeper', (asked, told) => (labelled(asked, 'deeper')
    ? referral(asked.name, [`ns.${asked.name}.`], [`ns.${asked.name}. ${ttl} A 198.18.100.${deeperAt()}`]) : told)),
  server('endless-servers', (asked, told) => (labelled(asked, 'endless-servers')
    ? referral(asked.name, [`ns${++serial}.x${serial}.endless-servers.gamma.`]) : told)),
  server('nxns', (asked, told) => (labelled(asked, 'nxns')
    ? referral(asked.name, Array.from({ length: NXNS_SERVERS }, () => `s${++serial}.flooded.gamma.`)) : told)),
  server('flooded', (_, told) => told),

  // Aliases without end.
  server('endless-alias', (asked, told) => (labelled(asked, 'endless-alias')
    ? { answer: [`${asked.name}. ${ttl} CNAME a${++serial}.endless-alias.gamma.`] } : told)),
  server('own-alias', (asked, told) => (labelled(asked, 'own-alias')
    ? { answer: [`${asked.name}. ${ttl} CNAME ${asked.name}.`] } : told)),

  // QNAME minimisation (RFC 9156 §2.3) meets servers that know whole names only.
  server('nothing-between', (asked, told) => (isBetween(asked) ? { rcode: RCODE.nxdomain, authority: [soa('nothing-between')] } : told)),
  server('whole-names', (asked, told) => (isBetween(asked) ? { rcode: RCODE.refused, aa: false } : told)),
  server('not-authoritative', (_, told) => ({ ...told, aa: false })),

  // Large datagrams, whatever was said of sizes: they come in fragments.
  server('oversized', (asked, told, by) => (by === 'udp' && isData(asked)
    ? { ...told, additional: Array.from({ length: 60 }, (_, i) => `x${i}.oversized.gamma. ${ttl} TXT "${'y'.repeat(200)}"`) } : told)),
]

/** Where the referrals of `deeper` lead: to itself. */
function deeperAt(): string {
  return BEHAVIOURS.find(({ zone }) => zone === 'deeper')?.address.split('.')[3] ?? ''
}
