/**
 * The parsers of lists by seed: lines that are damaged, and octets of nothing, in every format. Nothing throws, every line
 * is a rule, a comment or counted, and what came out can be asked.
 */
import { describe, expect, test } from 'vitest'
import { LIST_FORMATS, parseDns64Prefix } from '../../services/dns/index.ts'
import { addressesIn } from '../../services/dns/policy/answer-addresses.ts'
import { readRewrite } from '../../services/dns/policy/dns-rewrite.ts'
import { readTrigger } from '../../services/dns/policy/rpz-trigger.ts'
import { keyOf, nameKey } from '../../services/dns/wire/name.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { finding, PolicyBench } from '../support/dns-policy.ts'
import { mutated, noise } from '../support/mutations.ts'

const seeds = Array.from({ length: 6 }, (_, i) => i + 1)
const LINES = [
  '0.0.0.0 ads.example tracker.example # x', ':: ads.example', '*.ads.example', 'ads.example', '||ads.example^$important,dnstype=~A|~AAAA',
  '@@||good.example^$badfilter', '||r.example^$dnsrewrite=NOERROR;HTTPS;1 . alpn=h2', '||c.example^$client=10.0.0.0/8|192.168.1.1,denyallow=a.c.example',
  '$TTL 60', '@ SOA ns. host. 1 2 3 4 5', 'ads.example CNAME .', '*.ads.example 60 IN CNAME rpz-passthru.', '24.0.2.0.192.rpz-ip CNAME *.',
  '32.zz.db8.2001.rpz-client-ip A 192.0.2.1', 'ns.example.rpz-nsdname CNAME rpz-drop.', 'x TXT "a;b" ; c', '( x CNAME', 'реклама.рф', '/re(gex)+/', '! note', '#',
]

describe('lists', () => {
  test.each(seeds)('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const bench = new PolicyBench()
    for (let n = 0; n < 250; n++) {
      const lines = Array.from({ length: 1 + random.below(8) }, () => Buffer.from(LINES[random.below(LINES.length)] as string))
      const octets = random.chance(0.1) ? noise(random, random.below(400)) : Buffer.concat(lines.flatMap((line) => [random.chance(0.6) ? mutated(line, random) : line, Buffer.from('\n')]))
      const format = random.chance(0.3) ? 'auto' : (LIST_FORMATS[random.below(LIST_FORMATS.length)] as (typeof LIST_FORMATS)[number])
      const text = Buffer.from(octets).toString('latin1')
      const compiled = bench.compile({ format, text: random.chance(0.5) ? text : Buffer.from(octets).toString() })
      const { report } = compiled
      expect(report.examples.length).toBe(Math.min(20, report.notUnderstood))
      expect(report.rules).toBe(compiled.names.count + compiled.servers.count + compiled.addresses.count)
      bench.engine.setLists([{ name: 'l', compiled, important: false }])
      bench.sets({ lists: ['l'] })
      for (const asked of ['www.ads.example', 'r.example', 'a.c.example', '.']) {
        const said = bench.ask(asked, 'A')
        expect(said === '-' || said.includes(' by l: ')).toBe(true)
        bench.engine.check(0, keyOf(asked), 1)
      }
      bench.find(finding('rrset', 'www.ads.example A 192.0.2.1'))
    }
  })
})

describe('parts of rules', () => {
  test.each(seeds)('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const values = ['NOERROR;MX;10 mail.example', 'NXDOMAIN;;', '2001:db8::1', 'NOERROR;TXT;"x']
    const owners = ['24.0.2.0.192.rpz-ip.z', '128.1.zz.db8.2001.rpz-nsip.z', '*.a.rpz-nsdname.z', 'x.z'].map((text) => Buffer.from(keyOf(text), 'latin1'))
    const apex = keyOf('z')
    for (let n = 0; n < 2000; n++) {
      readRewrite(Buffer.from(mutated(Buffer.from(values[n % values.length] as string), random)).toString())
      parseDns64Prefix(Buffer.from(mutated(Buffer.from('2001:db8::/64'), random)).toString())
      const owner = mutated(owners[n % owners.length] as Uint8Array, random)
      // A name as the wire gives it: labels that end in the root.
      const labels = [...owner].map((octet, i) => (i === owner.length - 1 ? 0 : octet)).filter((octet, i, all) => i === all.length - 1 || octet !== 0)
      const flat = Uint8Array.from(labels.flatMap((octet, i) => (i === labels.length - 1 ? [0] : [1, octet])))
      if (flat.length <= 255 && flat.length > 1) readTrigger(`${nameKey(flat).slice(0, -1)}${apex}`, apex)
      // Service parameters that say more than there is.
      const found = finding('rrset', 'x.example HTTPS 1 . ipv4hint=192.0.2.1 ipv6hint=2001:db8::1')
      const signed = found.answer[0]
      if (signed === undefined) continue
      const rdata = signed.rrset.rdata.map((one) => Uint8Array.from([...one.subarray(0, 3), ...mutated(one.subarray(3), random)]))
      for (const address of addressesIn({ ...found, answer: [{ ...signed, rrset: { ...signed.rrset, rdata } }] }, true)) expect([4, 16]).toContain(address.length)
    }
  })
})
