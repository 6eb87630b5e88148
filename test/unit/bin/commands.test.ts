import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CommandLine, commandLine } from '../../support/command-line.ts'

let line: CommandLine
beforeEach(async () => {
  line = await commandLine()
})
afterEach(() => line.close())

describe('what a pipe sees: a line per item, tabs between the fields', () => {
  test.each([
    [
      'leases',
      6,
      /^10\.53\.0\.100\tbound\t02:00:0a:35:00:64\thost-100\thost-100\.lab\.internal\t2026-11-22 04:11:00Z$/m,
    ],
    ['leases list --state expired', 1, /^10\.53\.0\.120\texpired\t02:00:0a:35:00:78\t-\t-\t-$/m],
    ['leases list --mac 02-00-0A-35-00-65', 1, /^10\.53\.0\.101\t/],
    ['leases --host host-102 --subnet 10.53.0.0/24', 1, /^10\.53\.0\.102\t/],
    ['leases history --address 10.53.0.120', 1, /expired$/m],
    ['decisions --sent none', 2, /^1\t2026-11-22 03:11:00Z\t02:00:0a:35:00:64\tDISCOVER\tnone\t-\tsubnet/],
    ['subnet', 1, /^1\t10\.53\.0\.0\/24\tlan0\tlan0\t3600\tlab\.internal\t100\t0$/m],
    ['segment', 1, /^1\tlan0\tlan0\tserve\t-\t10\.53\.0\.0\/24\t0$/m],
    ['site list', 1, /^1\tdefault\t-\t-$/m],
    ['pool list', 1, /^1\t1\t10\.53\.0\.100\t10\.53\.0\.199\t-\tfree-queue\t100\t0$/m],
    ['options effective --mac 02:00:0a:35:00:14', 11, /^routers\t\["10\.53\.0\.1"\]\tsubnet 10\.53\.0\.0\/24$/m],
    ['dhcp what-if --mac 02:00:0a:35:00:14', 20, /^DISCOVER from 02:00:0a:35:00:14 on lan0 → OFFER to 02:00:0a:35:00:14, about 10\.53\.0\.20$/m],
    ['host list', 1, /^1\tprinter\t10\.53\.0\.20\t02:00:0a:35:00:14\t-\t-$/m],
    ['zone list', 1, /^lab\.internal\tprimary\t1\t1\t3600\tns\.lab\.internal$/m],
    ['zone history lab.internal --type a', 1, /\tadd\twww\.lab\.internal\tA\t10\.53\.0\.20\thand$/m],
    ['record list lab.internal --name www', 1, /^2\twww\.lab\.internal\t3600\tA\t10\.53\.0\.20\thand\ton\t-$/m],
    ['interface', 1, /^lan0\ttap\tup\t02:00:0a:35:00:02\t1500\t10\.53\.0\.2\/24\t-$/m],
    ['route list', 1, /^-\t10\.53\.0\.0\/24\t-\tU\t0\tlan0\tdirect\t-$/m],
    ['route list --brief', 1, /^10\.53\.0\.0\/24 dev lan0 scope link proto direct$/m],
    ['forwarder list', 2, /^1\tcorp\.example\t10\.60\.0\.53,tls:\/\/10\.60\.1\.53#dns\.corp\.example\tordered\tstack\tall\tnobody\ton\trule\tthe other office$/m],
    ['cache show', 2, /^gone\.example\.com\t-\tstale\tinsecure\tauthoritative\t192\.0\.2\.53\tno such name$/m],
    ['cache show www.example.com --type a', 1, /^www\.example\.com\tA\t288s\tsecure\tauthoritative\t192\.0\.2\.53\tA 192\.0\.2\.1$/m],
    ['cache stats', 12, /^hits\t7$/m],
    ['forwarder show corp.example', 2, /^10\.60\.0\.53\tanswering\t1\.5 ms\t12\t0\tno\t0\t-$/m],
    ['forwarder test .', 1, /^192\.0\.2\.53\tNOERROR\t3 ms\t1\tno\t-$/m],
    ['trust-anchor list', 2, /^-\t\.\tDS 20326, DS 38696\tyes\t38696 valid since 2026-11-01\tfrom-the-start$/m],
    ['negative-trust-anchor list', 1, /^broken\.example\t2026-11-22 03:11:00Z\t2026-11-22 04:11:00Z\texpired$/m],
    ['forwarding', 1, /^forwarding is off$/m],
    ['arp', 2, /^lan0\t10\.53\.0\.101\t-\tincomplete\t-$/m],
    ['dhcp servers', 1, /^lan0\t10\.53\.0\.250\t02:00:0a:35:00:fa\tanswered-our-search\tOFFER\t10\.53\.0\.66\t/],
    ['dhcp search', 1, /^asked;/],
    ['dhcp-client show uplink0', 11, /^address +192\.168\.1\.23\/24$/m],
    ['dhcp-client renew uplink0', 11, /^state +renewing$/m],
    ['dhcp-client release uplink0', 9, /^address +none$/m],
    ['stats dns', 1, /^dns\.queries\t34$/m],
    ['stats --all', 3, /^dhcp\.unanswered\t0$/m],
  ])('%s', async (words, lines, shown) => {
    const { code, out, err } = await line.run(...words.split(' '))
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toHaveLength(lines)
    expect(out).toMatch(shown)
  })
})

describe('what a terminal shows: aligned columns with a heading', () => {
  test('leases', async () => {
    const { out } = await line.show('leases', '--limit', '2')
    expect(out.split('\n')).toEqual([
      'ADDRESS      STATE  MAC                HOST      NAME                   EXPIRES',
      '10.53.0.100  bound  02:00:0a:35:00:64  host-100  host-100.lab.internal  2026-11-22 04:11:00Z',
      '10.53.0.101  bound  02:00:0a:35:00:65  host-101  host-101.lab.internal  2026-11-22 04:11:00Z',
      '',
    ])
  })

  test('leases for another server', async () => {
    const { out } = await line.show('leases', 'export', '--to', 'kea')
    expect(out.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^10\.53\.0\.100,02:00:0a:35:00:64,[0-9a-f:]*,3600,\d{10},1,0,0,host-100\.lab\.internal,0,,0$/),
      expect.stringMatching(/^10\.53\.0\.101,02:00:0a:35:00:65,/),
    ])
  })

  test('leases of another server', async () => {
    const { out, err, code } = await line.run('leases', 'import', 'test/fixtures/leases/leases.csv', '--from', 'csv', '--dry-run')
    expect({ out, err, code }).toEqual({
      out: expect.stringContaining('would take'), err: 'test/fixtures/leases/leases.csv:1: held; release it\n', code: 0,
    })
  })

  test('an empty list says so, and is nothing in a pipe', async () => {
    expect((await line.show('leases', '--state', 'declined')).out).toBe('no leases\n')
    expect((await line.run('leases', '--state', 'declined')).out).toBe('')
  })

  test('health', async () => {
    expect((await line.show('health')).out).toBe(
      'ok  Taproot 0.1.0, since 2026-11-22 03:11:00Z\n' +
        'PART     STATUS  DETAIL\n' +
        'storage  ok      last commit took 2 ms\n',
    )
  })

  test('control characters of clients do not reach it', async () => {
    const [first, ...others] = line.api.services.leaseList
    line.api.services.leaseList = first === undefined ? [] : [{ ...first, hostName: 'a\u001b[2Jb\u202e' }, ...others]
    const { out } = await line.show('leases', '--limit', '1')
    expect(out).toContain('a\ufffd[2Jb\ufffd')
    expect(out).not.toContain('\u001b')
  })

  test('a page that is not the last says how to go on', async () => {
    const { out, err } = await line.run('leases', '--limit', '5')
    expect(err).toBe('there is more: --after 5\n')
    const rest = await line.run('leases', '--limit', '5', '--after', '5')
    expect(rest.err).toBe('')
    expect((out + rest.out).trimEnd().split('\n')).toHaveLength(6)
  })
})

describe('changes', () => {
  test.each([
    // command line                                                   what it says, and what is then there
    [
      'leases release 10.53.0.100',
      'released 10.53.0.100, which 02:00:0a:35:00:64 had',
      'leases --state released',
      '10.53.0.100',
    ],
    ['arp add 10.53.0.60 02-00-00-00-00-3C', '10.53.0.60 is at 02:00:00:00:00:3c on lan0', 'arp list', 'lan0\t10.53.0.60\t02:00:00:00:00:3c\tstatic\t-'],
    ['arp delete 10.53.0.100', 'forgot 10.53.0.100', 'arp list', 'lan0\t10.53.0.101\t-\tincomplete\t-'],
    ['arp flush', 'forgot 2 neighbours', 'arp list', ''],
    [
      'leases force-renew 10.53.0.100',
      'told 02:00:0a:35:00:64 to renew 10.53.0.100',
      'leases --address 10.53.0.100',
      'bound',
    ],
    ['zone add Example --ttl 60', 'added the zone example', 'zone list', 'example\tprimary\t1\t1\t60'],
    ['forwarder add . tls://192.0.2.1#dns.example --strategy parallel --if-they-fail others --segment lan0', 'added forwarder 2: . to tls://192.0.2.1#dns.example for lan0', 'forwarder list', '2\t.\ttls://192.0.2.1#dns.example\t-\thost\tlan0\tothers\ton\trule\t-'],
    ['forwarder change corp.example recursion --off', 'forwarder 1 is now: corp.example to recursion for all (off)', 'forwarder list', '1\tcorp.example\trecursion\t-\tstack\tall\tnobody\toff\trule'],
    ['forwarder remove corp.example', 'removed the forwarder corp.example', 'forwarder list', '-\t.\t192.0.2.53'],
    ['cache flush example.com --below', 'forgot 2 entries', 'cache stats', 'entries\t0'],
    ['trust-anchor add corp.example DS 1 13 2 0102 --fixed', 'trust in corp.example begins with DS 1', 'trust-anchor list', '2\tcorp.example\tDS 1\tno\t-\tset'],
    ['trust-anchor remove lab.example.', 'removed the trust anchor of lab.example.', 'trust-anchor list', '-\t.\tDS 20326'],
    ['negative-trust-anchor add other.example lost --for 2h', 'other.example is not validated until 2026-11-22 02:00:00Z', 'negative-trust-anchor list', 'other.example\t2026-11-22 00:00:00Z'],
    ['negative-trust-anchor remove broken.example', 'broken.example is validated again', 'negative-trust-anchor list', ''],
    ['zone remove lab.internal', 'removed the zone lab.internal', 'zone list', ''],
    [
      'record add lab.internal mail A 10.53.0.3 --ttl 5',
      'added mail.lab.internal A 10.53.0.3',
      'record list lab.internal',
      'mail.lab.internal\t5\tA',
    ],
    [
      'record add lab.internal @ MX 10 mail',
      'added lab.internal MX 10 mail',
      'record list lab.internal',
      'MX\t10 mail',
    ],
    ['record remove lab.internal 2', 'removed record 2', 'record list lab.internal', ''],
    ['record remove lab.internal www a', 'removed www.lab.internal A 10.53.0.20', 'record list lab.internal', ''],
    [
      'record remove lab.internal www A 10.53.0.20',
      'removed www.lab.internal A 10.53.0.20',
      'record list lab.internal',
      '',
    ],
    [
      'subnet add 10.54.0.0/24 --interface lan0 --lease 60',
      'added the subnet 10.54.0.0/24, id 2',
      'subnet list',
      '10.54.0.0/24\tlan0\tlan0\t60',
    ],
    [
      'subnet add 10.54.0.0/24',
      'added the subnet 10.54.0.0/24, id 2',
      'segment list',
      '10.54.0.0/24\t-\tserve',
    ],
    ['subnet add 10.54.0.0/24 --segment lan0', 'added the subnet 10.54.0.0/24, id 2', 'segment list', '10.53.0.0/24,10.54.0.0/24'],
    ['segment add hall --relay 10.9.0.1 --t1 60', 'added the segment hall, id 2', 'segment list', 'hall\t-\tserve\t10.9.0.1'],
    ['segment remove hall', 'removed the segment hall', 'segment list', 'lan0', 'segment add hall'],
    ['site add office --lease 7200', 'added the site office, id 2', 'site list', 'office\t7200'],
    ['class add guests random-mac --limit 9 --lease 600', 'added the class guests, id 1', 'class list', '1\tguests\t100\t9\trandom-mac'],
    ['class remove guests', 'removed the class guests', 'class list', '', 'class add guests'],
    ['pool add 10.53.0.10 10.53.0.19 --allow guests --deny known --allocator hashed', 'added the pool 10.53.0.10 to 10.53.0.19, 10 addresses, id 2', 'pool list', '\tguests,not known\thashed\t', 'class add guests'],
    ['option-definition add 230 menu u8 --array', 'option 230 is menu, id 1', 'option-definition list', '1\t230\tmenu\tu8[]\tdhcp4'],
    ['option-definition remove menu', 'removed the option definition menu', 'option-definition list', '', 'option-definition add 230 menu u8'],
    ['site remove office', 'removed the site office', 'site list', 'default', 'site add office'],
    [
      'pool add 10.53.0.10 10.53.0.19',
      'added the pool 10.53.0.10 to 10.53.0.19, 10 addresses, id 2',
      'pool list',
      '10.53.0.10\t',
    ],
    [
      'pool add 10.53.0.30 10.53.0.39 --subnet 10.53.0.0/24',
      'added the pool 10.53.0.30 to 10.53.0.39, 10 addresses, id 2',
      'pool list',
      '10.53.0.30',
    ],
    ['pool remove 1', 'removed the pool 10.53.0.100 to 10.53.0.199', 'pool list', ''],
    ['pool remove 10.53.0.100', 'removed the pool 10.53.0.100 to 10.53.0.199', 'pool list', ''],
    [
      'host add 10.53.0.21 --mac 02-00-0A-35-00-15 --name cam --tag x --tag y',
      'kept 10.53.0.21 for cam, id 2',
      'host list',
      'cam',
    ],
    [
      'host add 10.53.0.22 10.53.0.23 --client-id 01:02:03 --circuit-id eth7',
      'kept 10.53.0.22,10.53.0.23 for 010203, eth7, id 2',
      'host list',
      'client-id=010203,circuit-id=eth7',
    ],
    ['host add --mac 02:00:00:00:00:99 --deny', 'added 02:00:00:00:00:99 gets no address, id 2', 'host list', '99'],
    ['site change default --lease 7200', 'changed the site default', 'site list', 'default\t7200'],
    ['segment change lan0 --mode proxy --new-clients 20 --known-only yes', 'changed the segment lan0', 'segment list', 'lan0\tproxy'],
    ['segment change hall --unset relay --unset t1', 'changed the segment hall', 'segment list', 'hall\t-\tserve\t-', 'segment add hall --relay 10.9.0.1 --t1 60'],
    ['subnet change 10.53.0.0/24 --lease 90 --min-lease 60', 'changed the subnet 10.53.0.0/24', 'subnet list', '10.53.0.0/24\tlan0\tlan0\t90'],
    ['pool change 10.53.0.100 --last 10.53.0.220 --deny known', 'changed the pool 10.53.0.100 to 10.53.0.220, 121 addresses', 'pool list', '\tnot known\t'],
    ['class change guests all --unset limit', 'changed the class guests', 'class list', '1\tguests\t100\t-\tall', 'class add guests random-mac --limit 9'],
    ['host change printer 10.53.0.30 --tag x --lease 99', 'changed the host printer', 'host list', '10.53.0.30'],
    ['host change printer --unset addresses', 'changed the host printer', 'host list', 'printer\t-\t'],
    ['host remove 10.53.0.20', 'removed the host printer', 'host list', ''],
    ['host remove 02:00:0A:35:00:14', 'removed the host printer', 'host list', ''],
    ['host remove 1', 'removed the host printer', 'host list', ''],
  ])('%s', async (words, said, look, there, before = '') => {
    if (before !== '') await line.run(...before.split(' '))
    const done = await line.run(...words.split(' '))
    expect(done).toEqual({ code: 0, out: `${said}\n`, err: '' })
    const { out } = await line.run(...look.split(' '))
    if (there === '') expect(out).toBe('')
    else expect(out).toContain(there)
  })

  test('a change of DHCP options leaves the others as they are, and --unset takes one away', async () => {
    const options = async (): Promise<object> => ((await line.api.call('GET', '/api/v1/subnets/1')).json() as { readonly options: object }).options
    const before = await options()
    await line.run('subnet', 'change', '1', '--option', 'domain-name=a.example', '--option', 'interface-mtu=1400')
    expect(await options()).toEqual({ ...before, 'domain-name': 'a.example', 'interface-mtu': 1400 })
    await line.run('subnet', 'change', '1', '--unset', 'domain-name', '--option', 'interface-mtu=1300')
    expect(await options()).toEqual({ ...before, 'interface-mtu': 1300 })
  })

  test('a policy is changed word by word', async () => {
    const policy = async (): Promise<object> => ((await line.api.call('GET', '/api/v1/segments/1')).json() as { readonly policy: object }).policy
    const before = await policy()
    await line.run('segment', 'change', 'lan0', '--new-clients', '7', '--bootp', 'yes', '--dhcid', 'yes', '--probe', 'none', '--offer-delay', '250')
    expect(await policy()).toEqual({ ...before, newClientsPerSecond: 7, bootp: true, probe: 'none', offerDelayMs: 250, ddns: { enabled: true, updateFromClient: false, dhcid: true } })
    await line.run('segment', 'change', '1', '--new-clients', 'none', '--names', 'no')
    expect(await policy()).toMatchObject({ newClientsPerSecond: null, bootp: true, ddns: { enabled: false, dhcid: true } })
  })

  test('a subnet is removed by an address block or an id', async () => {
    await line.run('pool', 'remove', '1')
    await line.run('host', 'remove', '1')
    expect((await line.run('subnet', 'remove', '10.53.0.0/24')).code).toBe(0)
    expect((await line.run('subnet')).out).toBe('')
  })

  test('DHCP options are JSON or text', async () => {
    await line.run(
      'subnet',
      'add',
      '10.54.0.0/24',
      '--interface',
      'lan0',
      '--option',
      'routers=["10.54.0.1"]',
      '--option',
      'domain-name=lab',
      '--option',
      'interface-mtu=1400',
    )
    expect((await line.api.call('GET', '/api/v1/subnets/2')).json().options).toEqual({
      routers: ['10.54.0.1'],
      'domain-name': 'lab',
      'interface-mtu': 1400,
    })
  })

  test('the whole DHCP model goes out as YAML and in again', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'taproot-dhcp-')), 'dhcp.yaml')
    const { out } = await line.run('dhcp', 'export')
    expect(out).toContain('  - prefix: 10.53.0.0/24\n    segment: lan0\n')
    writeFileSync(file, out.replace('name: printer', 'name: plotter'))
    expect(await line.run('dhcp', 'import', file, '--dry-run')).toEqual({ code: 0, out: 'changed\thost\tplotter\n', err: '' })
    expect((await line.run('host', 'list')).out).toContain('printer')
    expect((await line.run('dhcp', 'import', file)).code).toBe(0)
    expect((await line.run('host', 'list')).out).toContain('plotter')
    writeFileSync(file, 'subnets: [}')
    expect(await line.run('dhcp', 'import', file)).toMatchObject({ code: 1, err: expect.stringMatching(/^taproot: .*dhcp\.yaml cannot be read: /) })
  })

  test('a configuration of Kea comes in, and what was not taken over is said with its line', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'taproot-kea-')), 'kea.conf')
    writeFileSync(file, '# Kea\n{ "Dhcp4": { "hooks-libraries": [],\n"subnet4": [ { "subnet": "10.60.0.0/24", "interface": "lan1" } ] } }')
    const { code, out, err } = await line.run('dhcp', 'import', file, '--from', 'kea', '--dry-run')
    expect([code, err]).toEqual([0, `${file}:2: "hooks-libraries" of Dhcp4 was not taken over; look whether a level, a policy or a class can say the same\n`])
    expect(out).toContain('added\tsubnet\t10.60.0.0/24\n')
    writeFileSync(file, '{ "Dhcp4": ')
    expect(await line.run('dhcp', 'import', file, '--from', 'kea')).toMatchObject({ code: 1, err: expect.stringContaining(`${file}:1: a value was expected`) })
    expect((await line.run('dhcp', 'import', `${file}.none`, '--from', 'kea')).err).toContain('cannot be read')
  })

  test('what looks like a slip is done, and said on stderr', async () => {
    const { code, out, err } = await line.run('host', 'add', '10.53.0.21', '--mac', '02:00:00:00:00:21', '--option', 'routers=["10.9.0.1"]')
    expect([code, out]).toEqual([0, 'kept 10.53.0.21 for 02:00:00:00:00:21, id 2\n'])
    expect(err).toMatch(/^taproot: warning: options\/routers: the router 10\.9\.0\.1 is outside 10\.53\.0\.0\/24; .+\n$/)
  })

  test('a record with spaces and quotes keeps them', async () => {
    await line.run('record', 'add', 'lab.internal', '@', 'TXT', '"v=spf1 -all"', '--comment', 'no mail')
    expect(line.api.services.records.at(-1)).toMatchObject({ data: '"v=spf1 -all"', comment: 'no mail' })
  })

  test('data that begins with a dash comes after --', async () => {
    await line.run('record', 'add', 'lab.internal', '--', '@', 'TXT', '-x')
    expect(line.api.services.records.at(-1)).toMatchObject({ data: '-x' })
  })

  test('of several records that match none is removed', async () => {
    await line.run('record', 'add', 'lab.internal', 'www', 'A', '10.53.0.21')
    const { code, err } = await line.run('record', 'remove', 'lab.internal', 'www', 'A')
    expect(code).toBe(1)
    expect(err).toContain('2 records match')
    for (const data of ['10.53.0.20', '10.53.0.21']) expect(err).toContain(`www.lab.internal A ${data}`)
    expect(line.api.services.records).toHaveLength(2)
    expect((await line.run('record', 'remove', 'lab.internal', 'www', 'A', '10.53.0.21')).code).toBe(0)
  })
})

describe('--json is what the API answers', () => {
  test.each([
    ['leases --limit 1', '/api/v1/leases?limit=1'],
    ['leases history', '/api/v1/leases/history'],
    ['explain query www.example mx --client 10.53.0.20 --fresh', '/api/v1/dns/explain?name=www.example&type=mx&client=10.53.0.20&fresh=true'],
    ['explain 10.53.0.100', '/api/v1/explain?subject=10.53.0.100'],
    ['decisions', '/api/v1/decisions'],
    ['decisions 2', '/api/v1/decisions/2'],
    ['subnet list', '/api/v1/subnets'],
    ['pool list', '/api/v1/pools'],
    ['host list', '/api/v1/hosts'],
    ['options effective --mac 02:00:0a:35:00:14', '/api/v1/dhcp/effective-options?mac=02:00:0a:35:00:14'],
    ['class list', '/api/v1/classes'],
    ['option-definition list', '/api/v1/option-definitions'],
    ['site list', '/api/v1/sites'],
    ['segment list', '/api/v1/segments'],
    ['zone list', '/api/v1/zones'],
    ['zone history lab.internal', '/api/v1/zones/lab.internal/history'],
    ['tsig-key list', '/api/v1/tsig-keys'],
    ['certificate show', '/api/v1/certificate'],
    ['certificate authority', '/api/v1/certificate/authority'],
    ['zone signing lab.internal', '/api/v1/zones/lab.internal/signing'],
    ['zone transfers lab.internal', '/api/v1/zones/lab.internal/transfers'],
    ['zone digest lab.internal', '/api/v1/zones/lab.internal/digest'],
    ['zone notify lab.internal', '/api/v1/zones/lab.internal/notify'],
    ['view list', '/api/v1/views'],
    ['list list', '/api/v1/dns/lists'],
    ['list show ads', '/api/v1/dns/lists/ads'],
    ['rule list', '/api/v1/dns/rules'],
    ['policy list', '/api/v1/dns/policies'],
    ['policy check ads.example', '/api/v1/dns/policy/check?name=ads.example'],
    ['host-group list', '/api/v1/dns/host-groups'],
    ['zone updates lab.internal', '/api/v1/zones/lab.internal/updates'],
    ['zone update-rules lab.internal', '/api/v1/zones/lab.internal/update-policy'],
    ['catalog show catalog.lab.internal', '/api/v1/zones/catalog.lab.internal/catalog'],
    ['zone secondary copy.internal', '/api/v1/zones/copy.internal/secondary'],
    ['record list lab.internal', '/api/v1/zones/lab.internal/records'],
    ['interface list', '/api/v1/interfaces'],
    ['route list', '/api/v1/routes'],
    ['forwarding', '/api/v1/routing'],
    ['arp list', '/api/v1/neighbours'],
    ['dhcp servers', '/api/v1/dhcp/servers-seen'],
    ['dhcp-client show uplink0', '/api/v1/interfaces/uplink0/dhcp-client'],
    ['health', '/api/v1/health'],
    ['stats', '/api/v1/statistics'],
  ])('%s', async (words, url) => {
    const { code, out } = await line.run(...words.split(' '), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual((await line.api.call('GET', url)).json())
  })

  test('for changes too', async () => {
    const added = await line.run('zone', 'add', 'example', '--json')
    expect(JSON.parse(added.out)).toMatchObject({ name: 'example', serial: 1 })
    expect(JSON.parse((await line.run('zone', 'remove', 'example', '--json')).out)).toBeNull()
    expect(JSON.parse((await line.run('zone', 'export', 'lab.internal', '--json')).out)).toMatchObject({
      zone: 'lab.internal',
    })
  })

  test('for refusals, on stderr', async () => {
    const { code, out, err } = await line.run('explain', '9.9.9.9', '--json')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(JSON.parse(err)).toMatchObject({ type: '/problems/not-found', status: 404 })
  })
})

describe('single things', () => {
  test('explain prints its lines', async () => {
    expect((await line.run('explain', '02-00-0A-35-00-64')).out).toBe('10.53.0.100 is bound to 02:00:0a:35:00:64\n')
  })

  test('a decision is shown with its steps', async () => {
    expect((await line.run('decisions', '2')).out).toBe(
      '2  2026-11-22 03:11:00Z  DISCOVER from 02:00:0a:35:00:64 on lan0: OFFER 10.53.0.100\n' +
        '  1. subnet 10.53.0.0/24 because the request came in on lan0\n',
    )
  })

  test('a zone is exported as it is', async () => {
    expect((await line.run('zone', 'export', 'LAB.internal.')).out).toBe(
      '$ORIGIN lab.internal.\nwww.lab.internal. 3600 IN A 10.53.0.20\n',
    )
  })

  test('a failing appliance is shown, and is not a success', async () => {
    line.api.services.healthStatus = 'failing'
    const { code, out, err } = await line.run('health')
    expect(code).toBe(1)
    expect(out).toMatch(/^failing {2}Taproot/)
    expect(err).toBe('taproot: the appliance is failing\n')
  })
})

describe('refusals name the field, what is wrong and what would be right', () => {
  test.each([
    [
      'record add lab.internal x A 10.53.0.300',
      'taproot: data: "10.53.0.300" is not an IPv4 address\n  Four octets from 0 to 255, as 10.53.0.20.\n',
    ],
    [
      'leases --state boud',
      'taproot: state: "boud" is not a value of state\n  One of "bound", "released", "expired", "declined".\n',
    ],
    [
      'leases release 10.53.0.120',
      'taproot: address: 10.53.0.120 is not leased now\n  Only a bound lease can be released.\n',
    ],
    [
      'zone remove nothing',
      'taproot: the zone nothing does not exist\n  List what there is to see what can be named.\n',
    ],
    [
      'host add 10.53.0.9',
      'taproot: identifiers: nothing says which client it is\n  at least one identifier, as a hardware address\n',
    ],
    [
      'host add 10.99.0.9 --mac 02:00:0a:35:00:15',
      'taproot: addresses/0/address: 10.99.0.9 is in no subnet\n  an address of a subnet, or add that subnet first\n',
    ],
    ['host remove 10.53.0.99', 'taproot: no host has the id, the name, the address or the identifier 10.53.0.99\n'],
    ['pool add 10.99.0.1 10.99.0.2', 'taproot: no subnet is or has 10.99.0.1; there are 10.53.0.0/24\n'],
    ['class add x secs>=', 'taproot: test: column 7: "" is no number\n  a whole number, as 7 or 0x07\n'],
    ['pool add 10.53.0.10 10.53.0.19 --allow vips', 'taproot: allow/0: there is no class "vips"\n  one of all, known, unknown, random-mac, bootp, rapid-commit\n'],
    ['segment remove 7', 'taproot: no segment is called 7; there is lan0\n'],
    ['site remove home', 'taproot: no site is called home; there is default\n'],
    ['pool remove 9', 'taproot: no pool has the id or the first address 9\n'],
    ['record remove lab.internal nothing A', 'taproot: lab.internal has no record nothing A\n'],
    ['subnet remove 1', 'taproot: subnet 1 has a pool and a host\n  remove or move what it has first\n'],
  ])('%s', async (words, said) => {
    expect(await line.run(...words.split(' '))).toEqual({ code: 1, out: '', err: said })
  })

  test('a defect of the appliance', async () => {
    line.api.services.defect = new Error('it broke')
    const { code, err } = await line.run('leases')
    expect(code).toBe(1)
    expect(err).toMatch(/^taproot: see the log for [\w-]+\n$/)
  })
})

describe('wrong command lines are answered with what may have been meant', () => {
  test.each([
    ['lease', 'there is no command "lease"; did you mean taproot leases?'],
    ['expalin x', 'there is no command "expalin"; did you mean taproot explain?'],
    ['quux', 'there is no command "quux"\n'],
    ['zone ad x', '"zone" has no "ad"; did you mean taproot zone add?'],
    ['zone quux', '"zone" has no "quux"\nit has list, add, remove, export, import, history'],
    ['leases --stat bound', 'there is no option --stat; did you mean --state?'],
    ['leases --constructor x', 'there is no option --constructor'],
    ['leases -x', 'there is no option -x'],
    ['leases --mac', '--mac needs a value: --mac MAC'],
    ['leases --mac --json', '--mac needs a value: --mac MAC'],
    ['leases --json=yes', '--json takes no value'],
    ['leases --limit ten', '--limit takes a whole number, not "ten"'],
    ['leases list extra', '"extra" is one word too many'],
    ['explain', 'explain needs MAC|ADDRESS|NAME'],
    ['zone add', 'zone add needs ZONE|PREFIX\nusage: taproot zone add ZONE|PREFIX [options]'],
    ['record remove lab.internal www', '"www" is not the id of a record'],
    ['dhcp export --to isc', '--to takes kea or dnsmasq, not "isc"'],
    ['leases export --to isc', '--to takes kea or csv, not "isc"'],
    ['leases import x', '--from takes kea, dnsmasq, isc, csv, not ""'],
    ['dhcp import dhcpd.conf --from udhcpd', '--from takes kea, dnsmasq or isc, not "udhcpd"'],
    ['options effective', '--mac MAC is needed'],
    ['dhcp what-if', '--mac MAC or --packet HEX is needed'],
    ['decisions 02:00:0a:35:00:64', '"02:00:0a:35:00:64" is not the number of a decision'],
    ['subnet add 10.54.0.0/24 --interface lan0 --option x', '--option x: write NAME=VALUE'],
    ['segment change lan0', 'nothing is to be changed; see --help'],
    ['segment change lan0 --known-only maybe', '--known-only takes yes or no, not "maybe"'],
    ['subnet change 10.53.0.0/24 --unset frob', '--unset frob: this level says nothing of it'],
    ['leases --api 127.0.0.1:8053', '"127.0.0.1:8053" is not the address of an API'],
    ['leases --api ftp://x', '"ftp://x" is not the address of an API'],
    ['leases --token-file /nowhere/token', 'the token file /nowhere/token cannot be read'],
  ])('%s', async (words, said) => {
    const { code, out, err } = await line.run(...words.split(' '))
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(`${err}`).toContain(`taproot: ${said}`)
    expect(err).toMatch(/taproot help|--help/)
  })
})

test('what was refused has changed nothing', async () => {
  const { services } = line.api
  const before = [structuredClone(services.records), await services.dhcp.list('pools')]
  expect((await line.run('record', 'add', 'lab.internal', 'good', 'A', '10.53.0.1', '--ttl', '4294967295')).code).toBe(
    1,
  )
  expect((await line.run('pool', 'add', '10.53.0.10', '10.99.0.1')).code).toBe(1)
  expect([services.records, await services.dhcp.list('pools')]).toEqual(before)
})
