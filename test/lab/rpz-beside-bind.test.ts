/**
 * The same policy zones over the same names, in BIND and in the resolver here: for every name both say the same. BIND
 * holds the zones itself; we recurse to them over a virtual Internet.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ipv4 } from '../../stack/index.ts'
import { PolicyBench } from '../support/dns-policy.ts'
import { ROOT_AT } from '../support/recursion-bench.ts'
import { ResolvingBench } from '../support/resolving-bench.ts'
import { VirtualInternet } from '../support/virtual-internet.ts'
import { describeLab } from './available.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'

const AT = '10.53.0.70'
const OTHER_CLIENT = '10.53.0.71'

/** Zone by server. */
const ZONES: { readonly [zone: string]: { readonly server: string; readonly text: string } } = {
  zone: { server: '192.0.2.10', text: `
@ 300 NS ns
ns 300 A 192.0.2.10
shop 300 NS ns.shop
ns.shop 300 A 192.0.2.20
bad 300 NS ns.hoster.bad
ns.hoster.bad 300 A 192.0.2.30
third 300 NS ns.third
ns.third 300 A 192.0.2.40
` },
  'shop.zone': { server: '192.0.2.20', text: `
@ 300 NS ns
ns 300 A 192.0.2.20
www 300 A 203.0.113.20
nx 300 A 203.0.113.22
nodata 300 A 203.0.113.23
nodata 300 TXT "there"
local 300 A 203.0.113.24
local 300 MX 10 www
alias 300 A 203.0.113.25
a.wild 300 A 203.0.113.26
except.wild 300 A 203.0.113.27
b.except.wild 300 A 203.0.113.27
y.ent.wild 300 A 203.0.113.27
z.y.only.wild 300 A 203.0.113.27
x.star 300 A 203.0.113.28
x.star.garden 300 A 203.0.113.29
x.star.shop.zone.garden 300 A 203.0.113.30
ip 300 A 203.0.113.21
two 300 A 203.0.114.8
two 300 A 203.0.114.7
net 300 A 203.0.114.9
six 300 AAAA 2001:db8:7::1
six 300 A 203.0.113.20
late 300 A 203.0.113.20
late-ip 300 A 203.0.113.21
pass 300 A 203.0.113.20
metrics 300 CNAME collect.bad.zone.
chain 300 CNAME ip
mail 300 MX 10 www
drop 300 A 203.0.113.20
tcp 300 A 203.0.113.20
` },
  'bad.zone': { server: '192.0.2.30', text: `
@ 300 NS ns.hoster
ns.hoster 300 A 192.0.2.30
collect 300 A 203.0.113.31
www 300 A 203.0.113.32
` },
  'third.zone': { server: '192.0.2.40', text: `
@ 300 NS ns
ns 300 A 192.0.2.40
www 300 A 203.0.113.33
` },
}

const POLICIES = {
  'first.rpz': `
nx.shop.zone CNAME .
nodata.shop.zone CNAME *.
*.wild.shop.zone CNAME .
except.wild.shop.zone CNAME rpz-passthru.
x.ent.wild.shop.zone CNAME .
*.only.wild.shop.zone CNAME *.
local.shop.zone A 192.0.2.99
local.shop.zone TXT "policy"
alias.shop.zone CNAME www.shop.zone.
*.star.shop.zone CNAME *.garden.shop.zone.
drop.shop.zone CNAME rpz-drop.
tcp.shop.zone CNAME rpz-tcp-only.
collect.bad.zone CNAME .
32.21.113.0.203.rpz-ip CNAME .
24.0.114.0.203.rpz-ip A 192.0.2.77
32.7.114.0.203.rpz-ip CNAME rpz-passthru.
48.zz.7.db8.2001.rpz-ip CNAME *.
32.71.0.53.10.rpz-client-ip CNAME *.
`,
  'second.rpz': `
late.shop.zone CNAME .
late-ip.shop.zone CNAME rpz-passthru.
nx.shop.zone CNAME rpz-passthru.
pass.shop.zone CNAME rpz-passthru.
ns.hoster.bad.zone.rpz-nsdname CNAME *.
32.40.2.0.192.rpz-nsip CNAME .
`,
}
const HEAD = '$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n@ NS localhost.\n'

let lab: Lab
let host: Host
let ours: ResolvingBench

async function startBind(): Promise<void> {
  const directory = mkdtempSync(join(host.directory, 'bind-'))
  const files = [...Object.entries(ZONES).map(([zone, { text }]) => [zone, `$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n${text}`] as const), ...Object.entries(POLICIES).map(([zone, text]) => [zone, HEAD + text] as const)]
  for (const [zone, text] of files) writeFileSync(join(directory, zone), text)
  const config = join(directory, 'named.conf')
  writeFileSync(config, `
options {
  directory "${directory}"; listen-on { ${AT}; }; listen-on-v6 { none; }; pid-file none; session-keyfile "${directory}/session.key"; lock-file none;
  recursion no; dnssec-validation no; notify no; check-integrity no; minimal-responses yes;
  response-policy { ${Object.keys(POLICIES).map((zone) => `zone "${zone}";`).join(' ')} } recursive-only no qname-wait-recurse yes nsip-wait-recurse yes nsdname-wait-recurse yes;
};
controls { };
${files.map(([zone]) => `zone "${zone}" { type primary; file "${zone}"; };`).join('\n')}
`)
  const program = host.start('named', ['named', '-g', '-n', '1', '-c', config])
  await program.line(/all zones loaded/, 0, 60_000)
  await program.line(/rpz: second\.rpz: reload done/, 0, 60_000)
}

function startOurs(): ResolvingBench {
  const net = new VirtualInternet()
  net.server(ROOT_AT, { '.': `\n@ 518400 NS a.root-servers.example.\na.root-servers.example. 518400 A ${ROOT_AT}\nzone. 172800 NS ns.zone.\nns.zone. 172800 A 192.0.2.10\n` })
  for (const [zone, { server, text }] of Object.entries(ZONES)) net.server(server, { [zone]: text })
  const bench = new ResolvingBench(net, { validation: 'no' })
  const policy = new PolicyBench({ serversOf: (zone) => bench.server.serversOf(zone) })
  policy.lists(Object.fromEntries(Object.entries(POLICIES).map(([zone, text]) => [zone, { format: 'rpz' as const, text: HEAD + text }]))).sets({ rebinding: 'no' })
  bench.server.setPolicy(policy.engine)
  return bench
}

/** Rcode and data without aliases: where a chain is cut, BIND leaves its first links in the answer. */
async function byBind(name: string, type: string, client: string): Promise<string> {
  const { status, answer } = await dig(host, AT, '-b', client, name, type)
  return said(status, answer.map((line) => line.split(' ').slice(3).join(' ').replace(/\.$/, '')))
}

function byUs(name: string, type: string, client: string): string {
  const told = ours.ask(name, type, { from: ipv4(client) })
  return said(told?.rcode, (told?.answer ?? []).map((line) => line.split(' ').slice(2).join(' ')))
}

const said = (rcode: string | undefined, data: readonly string[]): string => [rcode ?? 'nothing', ...data.filter((one) => !one.startsWith('CNAME ')).sort()].join(' | ')

describeLab('policy zones beside BIND', () => {
  beforeAll(async () => {
    lab = await Lab.open()
    host = await lab.host('bind')
    await host.succeed(['ip', 'address', 'add', `${AT}/24`, 'dev', 'lo'])
    await host.succeed(['ip', 'address', 'add', `${OTHER_CLIENT}/24`, 'dev', 'lo'])
    await startBind()
    ours = startOurs()
  })
  afterAll(() => lab.close())

  const SHOP = [
    'www A', 'nx A', 'nx TXT', 'nodata A', 'nodata TXT', 'a.wild A', 'wild A', 'except.wild A', 'b.except.wild A', 'none.wild A', 'ent.wild A', 'y.ent.wild A', 'z.y.ent.wild A', 'only.wild A', 'z.y.only.wild A', 'local A', 'local TXT', 'local MX',
    'alias A', 'x.star A', 'ip A', 'ip AAAA', 'two A', 'net A', 'six A', 'six AAAA', 'late A', 'late-ip A', 'pass A', 'metrics A', 'chain A', 'mail MX', 'none A',
  ].map((question) => question.replace(' ', '.shop.zone '))
  const OTHERS = ['collect.bad.zone A', 'www.bad.zone A', 'none.bad.zone A', 'www.third.zone A', 'www.third.zone MX']

  test.each([...SHOP, ...OTHERS])('%s', async (question) => {
    const [name, type] = question.split(' ') as [string, string]
    expect(byUs(name, type, AT)).toBe(await byBind(name, type, AT))
    // And for a client that the first zone does not want.
    expect(byUs(name, type, OTHER_CLIENT)).toBe(await byBind(name, type, OTHER_CLIENT))
  })

  test('what decides is not the same everywhere', () => {
    const answers = new Set([...SHOP, ...OTHERS].map((question) => byUs(...(question.split(' ') as [string, string]), AT)))
    expect(answers.size).toBeGreaterThan(9)
  })

  test('rpz-drop says nothing, rpz-tcp-only wants TCP', async () => {
    expect((await dig(host, AT, '+time=1', 'drop.shop.zone')).status).toBeUndefined()
    expect(ours.ask('drop.shop.zone', 'A', {}, 1000)).toBeUndefined()
    expect((await dig(host, AT, '+ignore', 'tcp.shop.zone')).flags).toContain('tc')
    expect(ours.ask('tcp.shop.zone', 'A')?.flags).toContain('tc')
  })
})
