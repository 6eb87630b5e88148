/** Signed queries, with dig's own TSIG on the other side. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describeLab } from './available.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { Appliance } from './appliance.ts'
import { APPLIANCE, BRIDGE, showOnFailure, staticHost, type World } from './world.ts'

let world: World
let asker: Host

describeLab('TSIG with dig', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE] })
    world = { lab, lan, appliance }
    asker = await staticHost(world, 'asker', '10.53.0.50')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test.each(['hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'])('dig -y with a key of %s, over UDP and TCP', async (algorithm) => {
    const { stdout } = await world.appliance.command('tsig-key', 'add', `${algorithm}.lab.internal`, '--algorithm', algorithm)
    for (const how of ['+notcp', '+tcp']) {
      const answer = await dig(asker, APPLIANCE, '-y', stdout.trim(), how, 'taproot.lab.internal')
      expect(answer).toMatchObject({ status: 'NOERROR', data: ['10.53.0.2'] })
      expect(answer.text).toMatch(/TSIG PSEUDOSECTION/)
      expect(answer.text).not.toMatch(/verify|BADSIG/i)
    }
  })

  test('another secret, another key and a removed one are refused with the reason', async () => {
    const { stdout } = await world.appliance.command('tsig-key', 'add', 'gone.lab.internal')
    const [algorithm = '', name = ''] = stdout.trim().split(':')
    const ask = async (key: string) => (await dig(asker, APPLIANCE, '-y', key, 'taproot.lab.internal')).text
    expect(await ask(`${algorithm}:${name}:${Buffer.alloc(32).toString('base64')}`)).toMatch(/NOTAUTH[\s\S]*BADSIG/)
    expect(await ask(stdout.trim().replace(name, 'unknown'))).toMatch(/NOTAUTH[\s\S]*BADKEY/)
    await world.appliance.command('tsig-key', 'remove', name)
    expect(await ask(stdout.trim())).toMatch(/NOTAUTH[\s\S]*BADKEY/)
    expect((await world.appliance.command('tsig-key', 'list')).stdout).not.toContain(name)
  })

  test('the database, in which the secrets are, is readable by its owner alone', () => {
    expect(statSync(join(world.appliance.data, 'taproot.db')).mode & 0o077).toBe(0)
  })
})
