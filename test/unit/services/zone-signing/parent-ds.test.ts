/** The DS records that the parent has, whoever serves it. */
import { expect, test } from 'vitest'
import { formatRdata } from '../../../../services/dns/wire/rdata.ts'
import { TYPE } from '../../../../services/dns/wire/type-names.ts'
import { askParentDs } from '../../../../services/zone-signing/parent-ds.ts'
import { Bench, replyTo, zoneOf } from '../../../support/dns.ts'

const CHILD = zoneOf('lab.example', '@ NS ns')
const UPSTREAMS = { upstreams: [{ address: 1, port: 53 }] }
const DS = '43768 13 2 BD386E8980D1C5DF6A5C690BED7AEF91A121B94EC2209FA094CBD42D7E03E8EC'

const textOf = (found: readonly Uint8Array[] | undefined): readonly string[] | undefined => found?.map((rdata) => formatRdata(TYPE.DS, rdata))

test('a zone of ours is looked at, and nobody is asked', async () => {
  const bench = new Bench([CHILD, zoneOf('example', `@ NS ns\nlab NS ns.lab\nlab DS ${DS}`, 2)], UPSTREAMS)
  expect(textOf(await askParentDs(bench.server, 'lab.example'))).toEqual([DS])
  expect(bench.sent).toEqual([])
})

test('a zone of ours that has none', async () => {
  const bench = new Bench([CHILD, zoneOf('example', '@ NS ns', 2)], UPSTREAMS)
  expect(await askParentDs(bench.server, 'lab.example')).toEqual([])
})

test('an upstream server is asked, each time anew, although the name is ours', async () => {
  const bench = new Bench([CHILD], UPSTREAMS)
  let answer = `lab.example. 3600 DS ${DS}`
  bench.onSent = (sent) => sent.reply(replyTo(sent, { answer }))
  expect(textOf(await askParentDs(bench.server, 'lab.example'))).toEqual([DS])
  answer = ''
  expect(await askParentDs(bench.server, 'lab.example')).toEqual([])
  expect(bench.sent.map(({ name, type }) => [name.toLowerCase(), type])).toEqual([['lab.example', 'DS'], ['lab.example', 'DS']])
})

test('nobody answers, or nobody can be asked', async () => {
  const bench = new Bench([CHILD], UPSTREAMS)
  bench.onSent = (sent) => sent.fail('unreachable')
  expect(await askParentDs(bench.server, 'lab.example')).toBeUndefined()
  expect(await askParentDs(new Bench([CHILD]).server, 'lab.example')).toBeUndefined()
})

test('the root has no parent', async () => expect(await askParentDs(new Bench([]).server, '.')).toEqual([]))
