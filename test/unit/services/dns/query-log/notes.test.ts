/** What the server notes of the queries that it answers. */
import { describe, expect, test } from 'vitest'
import { ringMemory, RingReader, setMode } from '../../../../../services/dns/query-log/ring.ts'
import { CARRIERS, sourceName } from '../../../../../services/dns/query-log/sources.ts'
import { DnsServer, HTTPS } from '../../../../../services/dns/index.ts'
import type { DnsPolicy, PolicyDecision } from '../../../../../services/dns/policy/decision.ts'
import { formatKey, nameKey } from '../../../../../services/dns/wire/name.ts'
import { typeName } from '../../../../../services/dns/wire/type-names.ts'
import { formatIpv4, parseIpv4 } from '../../../../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../../../../stack/platform/index.ts'
import { replyTo } from '../../../../support/dns.ts'
import { queryOf, record, zoneOf } from '../../../../support/query-log.ts'

const CLIENT = parseIpv4('10.53.0.20') as number
const UPSTREAM = parseIpv4('192.0.2.53') as number

/** Blocks one name and lets another pass. */
const policy: DnsPolicy = {
  decideName(_set, key): PolicyDecision | undefined {
    const name = formatKey(key)
    if (name === 'ads.example') return { action: 'nxdomain', list: 'block', rule: '||ads.example^' }
    if (name === 'dropped.example') return { action: 'drop', list: 'block', rule: 'dropped.example' }
    return name === 'www.example' ? { action: 'allow', list: 'mine', rule: '@@||www.example^' } : undefined
  },
  decideFinding: () => undefined,
  dns64Of: () => undefined, policySetOf: () => 0,
  changesAt: () => Number.POSITIVE_INFINITY,
}

class Subject {
  readonly clock = new VirtualClock(Date.UTC(2026, 10, 22, 12))
  readonly memory = ringMemory(65_536)
  readonly #reader = new RingReader(this.memory)
  readonly #held: (() => void)[] = []
  readonly server = new DnsServer(
    {
      clock: this.clock, random: new SeededSecureRandom(1),
      query: (_upstream, bytes, length, received, failed) => {
        const asked = { bytes: bytes.slice(0, length) }
        this.#held.push(() => {
          if (formatKey(nameKey(asked.bytes.slice(12))).startsWith('gone')) failed('refused')
          else {
            const reply = replyTo(asked, { answer: 'www.example 300 A 192.0.2.1' })
            received(reply, 0, reply.length)
          }
        })
        return { cancel: () => {} }
      },
    },
    { upstreams: [{ address: UPSTREAM, port: 53 }], queryLog: this.memory },
    [{ zone: zoneOf('lab.internal'), records: [record(1, 'lab.internal', 'NS', 'ns.lab.internal'), record(2, 'h.lab.internal', 'A', '10.53.0.9')] }],
  )

  constructor() {
    setMode(this.memory, 'full')
  }

  ask(name: string, type = 'A', by: 'udp' | 'https' = 'udp', waitMs = 0): void {
    const query = queryOf(name, type)
    const into = new Uint8Array(65_535)
    const later = () => () => {}
    if (by === 'udp') this.server.receive(query, 0, query.length, into, 0, 4096, CLIENT, later)
    else this.server.receiveStream(query, 0, query.length, into, 0, CLIENT, later, HTTPS)
    this.clock.advance(waitMs)
    for (const answer of this.#held.splice(0)) answer()
    this.clock.advance(10)
  }

  /** "h.lab.internal A NOERROR zone 0 us" and what else there is. */
  noted(): readonly string[] {
    const lines: string[] = []
    this.#reader.drain(100, (n) => {
      const name = formatKey(nameKey(n.name))
      lines.push(`${formatIpv4(n.client)} ${CARRIERS[n.carrier] ?? '?'} ${name} ${typeName(n.type)} ${n.rcode} ${sourceName(n.source)} ${n.ageSeconds}s ${n.tookUs}us ${n.octets} ${new TextDecoder().decode(n.detail).replace('\n', ' | ')}`.trimEnd())
    })
    return lines
  }
}

describe('an answered query is noted', () => {
  test.each<[string, (s: Subject) => void, readonly string[]]>([
    ['from a zone, and again out of the table', (s) => { s.ask('h.lab.internal'); s.ask('H.lab.internal') }, [
      '10.53.0.20 udp h.lab.internal A 0 own 0s 0us 48', '10.53.0.20 udp h.lab.internal A 0 own 0s 0us 48',
    ]],
    ['that has no answer', (s) => s.ask('none.lab.internal'), ['10.53.0.20 udp none.lab.internal A 3 own 0s 0us 97']],
    ['of a name that never leaves', (s) => s.ask('1.0.0.127.in-addr.arpa', 'PTR'), ['10.53.0.20 udp 1.0.0.127.in-addr.arpa PTR 0 special-use 0s 0us 63']],
    ['from an upstream server, then from the cache with its age', (s) => {
      s.ask('www.example', 'A', 'udp', 25)
      s.clock.advance(7_000)
      s.ask('www.example')
      s.ask('www.example', 'A', 'https')
      s.clock.advance(60_000)
      s.ask('www.example')
    }, [
      '10.53.0.20 udp www.example A 0 network 0s 25000us 45 mine | @@||www.example^',
      '10.53.0.20 udp www.example A 0 cache 7s 0us 45 mine | @@||www.example^',
      '10.53.0.20 https www.example A 0 cache 7s 0us 45 mine | @@||www.example^',
      '10.53.0.20 udp www.example A 0 cache 67s 0us 45 mine | @@||www.example^',
    ]],
    ['that failed', (s) => s.ask('gone.example'), ['10.53.0.20 udp gone.example A 2 failure 0s 0us 30']],
    ['that a rule blocked, at once and out of the table', (s) => { s.ask('ads.example'); s.ask('ads.example') }, [
      '10.53.0.20 udp ads.example A 3 policy 0s 0us 29 block | ||ads.example^', '10.53.0.20 udp ads.example A 3 policy 0s 0us 29 block | ||ads.example^',
    ]],
    ['that got no answer because a rule says so', (s) => s.ask('dropped.example'), ['10.53.0.20 udp dropped.example A 0 policy 0s 0us 0 block | dropped.example']],
    ['that was refused', (s) => s.ask('lab.internal', 'AXFR'), ['10.53.0.20 udp lab.internal AXFR 5 refused 0s 0us 30']],
  ])('%s', (_title, act, expected) => {
    const s = new Subject()
    s.server.setPolicy(policy)
    act(s)
    expect(s.noted()).toEqual(expected)
  })

  test('unless the log is off, from the next query on', () => {
    const s = new Subject()
    setMode(s.memory, 'off')
    s.ask('h.lab.internal')
    setMode(s.memory, 'full')
    s.ask('h.lab.internal')
    setMode(s.memory, 'off')
    s.ask('h.lab.internal')
    expect(s.noted()).toEqual(['10.53.0.20 udp h.lab.internal A 0 own 0s 0us 48'])
  })

  test('as it was in calendar time, also after the calendar was set', () => {
    const s = new Subject()
    const times: number[] = []
    const reader = new RingReader(s.memory)
    s.ask('h.lab.internal')
    s.clock.jumpWall(3_600_000)
    s.clock.advance(1_500)
    s.ask('h.lab.internal')
    reader.drain(9, ({ at }) => times.push(at))
    expect(times).toEqual([Date.UTC(2026, 10, 22, 12), Date.UTC(2026, 10, 22, 13) + 1_510])
  })

  test('nothing that is no question', () => {
    const s = new Subject()
    const notify = queryOf('lab.internal', 'SOA')
    notify[2] = 0x20
    s.server.receive(notify, 0, notify.length, new Uint8Array(4096), 0, 4096, CLIENT, () => () => {})
    s.server.receive(new Uint8Array(12), 0, 12, new Uint8Array(4096), 0, 4096, CLIENT, () => () => {})
    s.server.receive(new Uint8Array(3), 0, 3, new Uint8Array(4096), 0, 4096, CLIENT, () => () => {})
    expect(s.noted()).toEqual([])
  })
})
