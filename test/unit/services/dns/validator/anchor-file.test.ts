import { describe, expect, test } from 'vitest'
import { ROOT_ANCHOR } from '../../../../../services/dns/validator/anchors.ts'
import { parseTrustAnchors } from '../../../../../services/dns/validator/anchor-file.ts'
import { keyOf, ROOT_KEY } from '../../../../../services/dns/wire/name.ts'

const KSK_2017 = 'IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D'

describe('a file of trust anchors', () => {
  test('DS and DNSKEY records of any zones', () => {
    const read = parseTrustAnchors(`; from IANA\n. ${KSK_2017}\nlab.example. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n`)
    expect(read.ok && read.value.get(ROOT_KEY)).toEqual({ ds: [ROOT_ANCHOR.ds[0]], dnskey: [] })
    expect(read.ok && read.value.get(keyOf('lab.example'))?.dnskey.map((rdata) => rdata.length)).toEqual([36])
  })

  test.each([
    ['', /no DS or DNSKEY/],
    ['. A 192.0.2.1', /A record/],
    ['. DS 20326 8', /line 1/],
    ['nonsense', /line 1/],
  ])('"%s" is refused with what is wrong', (text, problem) => {
    const read = parseTrustAnchors(text)
    expect(read.ok ? '' : read.error).toMatch(problem)
  })
})
