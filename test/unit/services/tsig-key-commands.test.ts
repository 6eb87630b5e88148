/** TSIG keys: made, stored, in effect and shown once; or refused. */
import { describe, expect, test } from 'vitest'
import { keyOf } from '../../../services/dns/wire/name.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'

const NEW = { name: 'transfer.lab.internal', algorithm: 'hmac-sha256', secret: null } as const

describe('keys', () => {
  test('a new one has a secret as long as the digest, which is stored, used, and not listed', async () => {
    const { appliance, store } = startAppliance()
    const { tsigKeys } = appliance.network
    const key = await done(tsigKeys.addTsigKey(NEW))
    const other = await done(tsigKeys.addTsigKey({ name: 'b', algorithm: 'hmac-sha512', secret: null }))
    expect([Buffer.from(key.secret, 'base64').length, Buffer.from(other.secret, 'base64').length]).toEqual([32, 64])
    expect(await done(tsigKeys.tsigKeys())).toEqual([{ name: 'b', algorithm: 'hmac-sha512' }, { name: NEW.name, algorithm: NEW.algorithm }])
    expect(store.load().tsigKeys).toEqual([other, key])
    expect(appliance.dns.tsigKeys.find(keyOf(NEW.name))?.secret).toEqual(Buffer.from(key.secret, 'base64'))
  })

  test('one that goes is gone', async () => {
    const { appliance, store } = startAppliance()
    await done(appliance.network.tsigKeys.addTsigKey(NEW))
    await done(appliance.network.tsigKeys.removeTsigKey(NEW.name))
    expect([store.load().tsigKeys, appliance.dns.tsigKeys.find(keyOf(NEW.name))]).toEqual([[], undefined])
  })

  test.each([
    ['a name that is there', NEW, 'conflict', '/name'],
    ['no name', { ...NEW, name: 'a..b' }, 'invalid', '/name'],
    ['no base64', { ...NEW, name: 'b', secret: 'not base64' }, 'invalid', '/secret'],
    ['too short', { ...NEW, name: 'b', secret: 'AAAA' }, 'invalid', '/secret'],
  ] as const)('refused: %s', async (_what, input, code, field) => {
    const { appliance } = startAppliance()
    await done(appliance.network.tsigKeys.addTsigKey(NEW))
    expect(await refused(appliance.network.tsigKeys.addTsigKey(input))).toMatch(`${code} ${field}: `)
    expect(await done(appliance.network.tsigKeys.tsigKeys())).toHaveLength(1)
  })

  test('refused: removing one that is not there', async () => {
    const { appliance } = startAppliance()
    expect(await refused(appliance.network.tsigKeys.removeTsigKey('a'))).toMatch('not-found : ')
  })
})
