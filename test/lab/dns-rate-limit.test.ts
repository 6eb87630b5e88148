/** Answers limited by rate, as dig sees it: TC, BADCOOKIE, and both ways past the limit. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { dig } from './dig.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, openWorld, showOnFailure, staticHost, type World } from './world.ts'

let world: World
let asker: Host
const NAME = 'localhost'

/** Uses up what the asker's network has; each of these waits a second for an answer that may have been dropped. */
const flood = (): Promise<readonly { readonly flags: readonly string[]; readonly status: string | undefined }[]> =>
  Promise.all(Array.from({ length: 16 }, () => dig(asker, APPLIANCE, '+ignore', '+time=1', NAME)))

describeLab('DNS limited by rate, with dig', () => {
  beforeAll(async () => {
    world = await openWorld({ arguments: ['--rate-limit', '1', '--rate-limit-exempt', '10.53.0.64/28'] })
    asker = await staticHost(world, 'asker', '10.53.0.50')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  describe('RFC 7873 §5.2.3 and §5.2.4', () => {
    test('most of a flood is cut or dropped; TCP, and a cookie that dig learns by BADCOOKIE, get answers', async () => {
      const answers = await flood()
      expect(answers.some(({ flags }) => flags.includes('tc'))).toBe(true)
      expect(answers.filter(({ status }) => status === undefined).length).toBeGreaterThan(2)
      const [byTcp, ...byCookie] = await Promise.all([
        dig(asker, APPLIANCE, '+tcp', NAME),
        ...Array.from({ length: 8 }, () => dig(asker, APPLIANCE, '+cookie', '+tries=6', '+time=1', NAME)),
      ])
      expect(byTcp).toMatchObject({ status: 'NOERROR', data: ['127.0.0.1'] })
      const got = byCookie.filter(({ status }) => status !== undefined)
      expect(got.length).toBeGreaterThan(5)
      for (const answer of got) expect(answer).toMatchObject({ status: 'NOERROR', data: ['127.0.0.1'] })
      expect(got.some(({ text }) => text.includes('BADCOOKIE, retrying'))).toBe(true)
    })
  })

  test('an exempt network is answered', async () => {
    const exempt = await staticHost(world, 'exempt', '10.53.0.70')
    const answers = await Promise.all(Array.from({ length: 16 }, () => dig(exempt, APPLIANCE, '+ignore', NAME)))
    for (const answer of answers) expect(answer).toMatchObject({ status: 'NOERROR', data: ['127.0.0.1'] })
  })
})
