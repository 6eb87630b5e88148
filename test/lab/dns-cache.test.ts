/** The resolver's cache in the real program: looked at, flushed, and there again after a restart and after a power cut. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { lookUp } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import type { Program } from './program.ts'
import { APPLIANCE, eventually } from './world.ts'

const OUTSIDE = '192.0.2.53'

describeLab('the cache', () => {
  let lab: Lab
  let lan: Host
  let upstream: Program
  const start = (): Promise<Appliance> => Appliance.start(lan, { arguments: ['--upstreams', OUTSIDE] })
  const ask = async (name: string): Promise<string> => (await lookUp(lan, APPLIANCE, name)).join(' ')
  const asked = (name: string): number => upstream.lines.filter((line) => line.includes(`] ${name} from`)).length

  beforeAll(async () => {
    lab = await Lab.open()
    lan = await lab.host('lan')
    const outside = await lab.host('outside')
    await outside.address(await lab.cable(lan, 'uplink', outside, undefined), `${OUTSIDE}/24`)
    await lan.address('uplink', '192.0.2.1/24')
    upstream = outside.start('upstream', [
      'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', `--listen-address=${OUTSIDE}`, '--bind-interfaces',
      '--host-record=www.example.com,198.51.100.7,3600', '--host-record=mail.example.com,198.51.100.8,3600', '--local=/example.com/',
      '--log-queries', '--log-facility=-', '--user=root', '--pid-file=',
    ])
    await upstream.line(/started, version/)
  })
  afterAll(() => lab.close())

  test('is shown and flushed on the command line, and after a restart nobody is asked again', async () => {
    const first = await start()
    expect([await ask('www.example.com'), await ask('mail.example.com')]).toEqual(['198.51.100.7', '198.51.100.8'])
    const shown = await first.command('cache', 'show', 'example.com', '--below')
    expect(shown.stdout).toMatch(/^www\.example\.com\tA\t3\d{3}s\t\w+\tanswer\w*\t192\.0\.2\.53\S*\tA 198\.51\.100\.7$/m)
    expect((await first.command('cache', 'flush', 'mail.example.com')).stdout).toMatch(/^forgot 1 entry$/m)
    await first.stop()
    const second = await start()
    await second.program.line(/"dns\.cache\.restored"/)
    expect([await ask('www.example.com'), await ask('mail.example.com')]).toEqual(['198.51.100.7', '198.51.100.8'])
    expect([asked('www.example.com'), asked('mail.example.com')]).toEqual([1, 2])
    await second.stop()
  })

  test('what was flushed does not come back with a power cut', async () => {
    const first = await start()
    await first.program.line(/"dns\.cache\.restored"/)
    const file = join(first.data, 'dns-cache.bin')
    const before = readFileSync(file)
    await first.command('cache', 'flush', 'www.example.com')
    await eventually('the file is written', async () => (readFileSync(file).equals(before) ? undefined : true), 10_000)
    await first.killHard()
    const second = await start()
    await second.program.line(/"dns\.cache\.restored"/)
    expect((await second.command('cache', 'show', 'www.example.com')).stdout).toBe('')
    await second.stop()
  })

  test('a damaged file is said to be one, and answers go on', async () => {
    const file = join(lan.directory, 'data', 'dns-cache.bin')
    expect(existsSync(file)).toBe(true)
    const octets = readFileSync(file)
    octets[octets.length - 20] = (octets[octets.length - 20] as number) ^ 0xff
    writeFileSync(file, octets)
    const appliance = await start()
    expect(await appliance.program.line(/"dns\.cache\.file-unusable"/)).toContain('damaged')
    expect(await ask('www.example.com')).toBe('198.51.100.7')
    await appliance.stop()
  })
})
