/** Zones handed out to dig, whole and signed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { Lab, type Host } from './netns.ts'
import { Appliance } from './appliance.ts'
import { APPLIANCE, BRIDGE, showOnFailure, staticHost, type World } from './world.ts'

const ZONE = `
$ORIGIN example.internal.
$TTL 600
@ IN SOA ns hostmaster ( 2026112201 3600 600 86400 300 )
@ IN NS ns
ns IN A 10.53.0.2
MiXed IN MX 10 Mail.example.internal.
mail IN A 10.9.0.3
$ORIGIN hosts.example.internal.
${Array.from({ length: 5000 }, (_, i) => `h${i} IN A 10.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`).join('\n')}
`
let world: World
let secondary: Host
let key: string
const axfr = async (...how: readonly string[]) => {
  const { stdout } = await secondary.run(['dig', `@${APPLIANCE}`, '+tries=1', '+time=10', ...how, 'example.internal', 'AXFR'])
  return { text: stdout, records: stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';') && !line.includes('TSIG')) }
}

describeLab('AXFR with dig', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const zone = join(lan.directory, 'example.zone')
    writeFileSync(zone, ZONE)
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--zone-file', `example.internal=${zone}`] })
    world = { lab, lan, appliance }
    secondary = await staticHost(world, 'secondary', '10.53.0.50')
    key = (await appliance.command('tsig-key', 'add', 'transfer.lab.internal')).stdout.trim()
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('refused to begin with', async () => {
    expect((await axfr()).text).toMatch(/Transfer failed/)
  })

  test('an address that may have it gets all of it', async () => {
    await world.appliance.command('zone', 'transfers', 'example.internal', '--address', '10.53.0.50/32')
    const { records, text } = await axfr()
    expect(text).toMatch(/XFR size: 5006 records/)
    expect([records[0], records.at(-1)].map((line) => line?.split(/\s+/)[3])).toEqual(['SOA', 'SOA'])
    expect(records.some((line) => /^MiXed\.example\.internal\.\s+600\s+IN\s+MX\s+10 Mail\.example\.internal\.$/.test(line))).toBe(true)
  })

  test('who signs gets it signed, message by message; who does not is refused', async () => {
    await world.appliance.command('zone', 'transfers', 'example.internal', '--key', 'transfer.lab.internal')
    const { text } = await axfr('-y', key)
    expect(text).toMatch(/XFR size: 5006 records/)
    expect(text).not.toMatch(/verify|Transfer failed|BADSIG/)
    expect((await axfr()).text).toMatch(/Transfer failed/)
  })

  test('IXFR gives what changed since the version that the secondary has', async () => {
    const ask = async (type: string) => (await secondary.run(['dig', `@${APPLIANCE}`, '-y', key, '+tcp', '+short', 'example.internal', type])).stdout.trim().split('\n')
    const serial = (await ask('SOA'))[0]?.split(' ')[2] ?? ''
    await world.appliance.command('record', 'add', 'example.internal', 'newcomer', 'A', '10.9.0.77')
    const next = String(Number(serial) + 1)
    const lines = (await ask(`IXFR=${serial}`)).map((line) => line.split(' '))
    expect(lines.map((words) => words[2] ?? words[0])).toEqual([next, serial, next, '10.9.0.77', next])
    expect((await ask(`IXFR=${next}`)).map((line) => line.split(' ')[2])).toEqual([next])
    // The journal in memory is gone with a restart; the history is not.
    const { data, host } = world.appliance
    await world.appliance.stop()
    world.appliance = await Appliance.start(host, { data, arguments: ['--bridge', BRIDGE] })
    const again = (await ask(`IXFR=${serial}`)).map((line) => line.split(' '))
    expect(again.map((words) => words[2] ?? words[0])).toEqual([next, serial, next, '10.9.0.77', next])
  })
})
