/** Class expressions of Kea in our words and ours in Kea's: only where both mean the same. */
import { describe, expect, test } from 'vitest'
import { compileExpression } from '../../../../../services/dhcp/classify/compile.ts'
import { parseExpression } from '../../../../../services/dhcp/classify/parse.ts'
import { readKeaExpression } from '../../../../../services/dhcp/interchange/kea-expression.ts'
import { writeKeaExpression } from '../../../../../services/dhcp/interchange/write-kea-expression.ts'
import { STANDARD_OPTIONS } from '../../../../../services/dhcp/wire/option-spaces.ts'
import { SeededRandom } from '../../../../../stack/platform/index.ts'
import { clientMessage, exchangeOf, type RequestFields } from '../../../../support/dhcp-bench.ts'

const CLASSES = new Map([['printers', 'mac starts-with 00:16:3e or known'], ['one', 'relayed'], ['byHand', undefined]])
const read = (text: string): string => {
  const translated = readKeaExpression(text, CLASSES, STANDARD_OPTIONS)
  return translated.ok ? translated.value : `(${translated.error})`
}
function write(text: string): string | undefined {
  const parsed = parseExpression(text)
  if (!parsed.ok) throw new Error(parsed.error.problem)
  return writeKeaExpression(parsed.value)
}

describe('of Kea', () => {
  test.each([
    ["option[60].hex == 'PXEClient'", 'vendor-class == "PXEClient"'],
    ["'PXEClient' == option[60].text", 'vendor-class == "PXEClient"'],
    ["substring(option[60].hex, 0, 9) == 'PXEClient'", 'vendor-class starts-with "PXEClient"'],
    ["substring(option[60].hex,0,all) == 'abc'", 'vendor-class == "abc"'],
    ["substring(option[60].hex,0,10) == 'abc'", 'vendor-class == "abc"'],
    ["substring(option[60].hex,-3,all) == 'abc'", 'vendor-class ends-with "abc"'],
    ["substring(option[60].hex,15,5) == '00007'", 'vendor-class matches-glob "???????????????00007*"'],
    ["substring(option[60].hex,2,all) == 'x'", 'vendor-class matches-glob "??x"'],
    ['option[93].hex == 0x0007', 'option[93] == 0x0007'],
    ['option[61].hex == 0xFF0', 'client-id == 0x0ff0'],
    ['option[host-name].exists', 'option[12]'],
    ["option[vendor-class-identifier].hex == 'a'", 'vendor-class == "a"'],
    ['not option[60].exists', 'not vendor-class'],
    ["option[77].hex == 'iPXE'", 'option[77] == "iPXE"'],
    ["relay4[1].hex == 'ge-0/0/7'", 'relay.circuit-id == "ge-0/0/7"'],
    ['option[82].option[2].exists', 'relay.remote-id'],
    ['relay4[link-selection].hex == 10.1.0.0', 'relay[5] == 0x0a010000'],
    ['pkt4.mac == 0x00163e010203', 'mac == 00:16:3e:01:02:03'],
    ['substring(pkt4.mac, 0, 3) == 0x00163e', 'mac starts-with 00:16:3e'],
    ["substring(hexstring(pkt4.mac, ':'), 0, 8) == '00:16:3e'", 'mac starts-with 00:16:3e'],
    ["hexstring(pkt4.mac, '-') == '00-16-3e-01-02-03'", 'mac == 00:16:3e:01:02:03'],
    ['substring(pkt4.mac, -1, all) == 0x2a', 'mac ends-with 0x2a'],
    ['pkt4.giaddr == 10.9.0.1', 'giaddr == 10.9.0.1'],
    ['pkt4.giaddr == 0.0.0.0', 'not relayed'],
    ['not (pkt4.giaddr == 0.0.0.0)', 'relayed'],
    ['substring(pkt4.giaddr, 0, 2) == 0x0a09', 'giaddr in 10.9.0.0/16'],
    ['pkt4.ciaddr == 0.0.0.0', 'not ciaddr'],
    ['pkt4.msgtype == 1', 'message-type == DISCOVER'],
    ["pkt.iface == 'eth0'", 'interface == "eth0"'],
    ["member('KNOWN') and not member('UNKNOWN')", 'known and not unknown'],
    ["member('VENDOR_CLASS_docsis3.0')", 'vendor-class == "docsis3.0"'],
    ["member('printers') and member('one')", '(mac starts-with 00:16:3e or known) and relayed'],
    ["(option[60].exists or option[61].exists) and (option[77].exists)", '(vendor-class or client-id) and option[77]'],
    ["option[60].hex == '\"'", 'vendor-class == 0x22'],
  ])('%s', (kea, ours) => {
    expect(read(kea)).toBe(ours)
    expect(parseExpression(ours)).toMatchObject({ ok: true })
  })

  test.each([
    ["option[60].hex == ''", '(an empty value is that of a missing option, too)'],
    ["option[61].text == 'a'", '(only .hex of client-id and .text of a text mean the same here)'],
    ["substring(option[60].hex,0,2) == 'abc'", '(the part of vendor-class that it compares cannot be named here)'],
    ["substring(option[60].hex,3,2) == 'a*'", '(the part of vendor-class that it compares cannot be named here)'],
    ["substring(hexstring(pkt4.mac, ':'), 0, 8) == '00:16:3E'", '(mac is not compared with octets)'],
    ["substring(concat('a', option[60].hex), 0, 1) == 'a'", '(concat has no counterpart)'],
    ["substring(substring(option[60].hex,0,2),0,1) == 'a'", '(substring of something else than a field)'],
    ["member('byHand')", '(the class byHand has no expression here)'],
    ["member('nobody')", '(the class nobody has no expression here)'],
    ["match('a.*', option[60].hex)", '(match has no counterpart)'],
    ['vendor[4491].exists', '(vendor has no counterpart)'],
    ['option[43].option[1].exists', '(options inside option 43 cannot be asked for)'],
    ['option[frob].exists', '(option frob is not known here)'],
    ["pkt4.transid == 7", '(pkt4.transid cannot be asked for here)'],
    ['pkt4.msgtype == 99', '("99" is no message type)'],
    ['option[60].hex == option[61].hex', '(it does not compare a field with a value)'],
    ["'a' == 'a'", '(it does not compare a field with a value)'],
    ["option[60].hex == 'a' option", '("option" was not expected)'],
    ['option[60].hex ==', '(it ends too early)'],
    ['not '.repeat(40), '(it is nested too deeply)'],
    ["option[60].hex == 'open", '(it cannot be read)'],
    ['', '(it ends too early)'],
  ])('%s: not', (kea, reason) => {
    expect(read(kea)).toBe(reason)
  })
})

describe('ours', () => {
  test.each([
    ['vendor-class == "PXEClient"', "option[60].hex == 'PXEClient'"],
    ['option[93] == 0x0007', 'option[93].hex == 0x0007'],
    ['vendor-class starts-with "PXE" and not (known or relayed)', "substring(option[60].hex, 0, 3) == 'PXE' and not (member('KNOWN') or not pkt4.giaddr == 0.0.0.0)"],
    ['(vendor-class or client-id) and requested-address', '(option[60].exists or option[61].exists) and option[50].exists'],
    ['vendor-class matches-glob "???abc*"', "substring(option[60].hex, 3, 3) == 'abc'"],
    ['vendor-class ends-with "abc"', "substring(option[60].hex, -3, all) == 'abc'"],
    ['relay.circuit-id == "it\'s"', 'relay4[1].hex == 0x69742773'],
    ['relay[5]', 'relay4[5].exists'],
    ['mac == 00:16:3e:01:02:03', 'pkt4.mac == 0x00163e010203'],
    ['mac in 00:16:3e:00:00:00/24', 'substring(pkt4.mac, 0, 3) == 0x00163e'],
    ['giaddr in 10.9.0.0/16', 'substring(pkt4.giaddr, 0, 2) == 0x0a09'],
    ['giaddr == 10.9.0.1', 'pkt4.giaddr == 10.9.0.1'],
    ['ciaddr', 'not pkt4.ciaddr == 0.0.0.0'],
    ['not ciaddr', 'pkt4.ciaddr == 0.0.0.0'],
    ['message-type == DISCOVER', 'pkt4.msgtype == 1'],
    ['message-type == BOOTP', 'not option[53].exists'],
    ['interface in (eth0, "eth1")', "pkt.iface == 'eth0' or pkt.iface == 'eth1'"],
    ['rapid-commit', 'option[80].exists'],
    ['all', "member('ALL')"],
  ])('%s', (ours, kea) => {
    expect(write(ours)).toBe(kea)
  })

  test.each([
    'architecture == 7', 'secs >= 4', 'user-class == "a"', 'host-name == "a"', 'vendor-class contains "a"', 'vendor-class matches-glob "a*b"',
    'mac in 02:00:00:00:00:00/7', 'giaddr in 10.0.0.0/12', 'uuid', 'known and hops < 2', 'not secs > 3', 'vendor-class == ""',
  ])('%s: not', ours => {
    expect(write(ours)).toBeUndefined()
  })
})

describe('both mean the same', () => {
  const REQUESTS: readonly RequestFields[] = [
    {}, { mac: '00:16:3e:01:02:03' }, { raw: [[60, '']] }, { options: { 'vendor-class': 'PXEClient:Arch:00007' } }, { options: { 'vendor-class': 'abc' } },
    { options: { 'vendor-class': 'xyzabc' } }, { giaddr: '10.9.0.1' }, { ciaddr: '10.53.0.9' }, { raw: [[93, '0007'], [61, '0fabc0']] },
    { giaddr: '10.8.0.1', raw: [[82, '0105676530203702020a0b']] }, { options: { 'requested-address': '10.53.0.100' } },
  ]
  /** What a person may write, and its way through Kea's words and back. */
  test.each([
    'vendor-class == "abc"', 'vendor-class starts-with "PXE"', 'vendor-class ends-with "abc"', 'vendor-class matches-glob "???abc*"', 'not vendor-class',
    'client-id == 0x0fabc0', 'option[93] == 0x0007 and not relayed', 'relayed', 'giaddr in 10.9.0.0/16', 'not giaddr', 'ciaddr == 10.53.0.9',
    'mac starts-with 00:16 or vendor-class', 'relay.circuit-id starts-with "ge"', 'relay.remote-id ends-with 0x0b', 'not (vendor-class or relayed) and not ciaddr',
    'mac in 00:16:3e:00:00:00/24', 'message-type == DISCOVER', 'requested-address in 10.53.0.0/16',
  ])('%s', ours => {
    const test = (text: string) => {
      const parsed = parseExpression(text)
      if (!parsed.ok) throw new Error(`${text}: ${parsed.error.problem}`)
      return compileExpression(parsed.value)
    }
    const [before, after] = [test(ours), test(read(write(ours) ?? ''))]
    for (const fields of REQUESTS) {
      const x = exchangeOf(clientMessage('DISCOVER', fields))
      expect([fields, after(x)]).toEqual([fields, before(x)])
    }
  })

  test('whatever is taken from Kea can be read here: random words', () => {
    const random = new SeededRandom(11)
    const words = [
      'option', '[', ']', '60', '82', '1', '.', 'hex', 'text', 'exists', '==', "'abc'", '0x0a0b', 'and', 'or', 'not', '(', ')', 'substring', ',', '0', '2', '-2', 'all', 'pkt4', 'mac', 'giaddr',
      'relay4', 'member', "'KNOWN'", "'printers'", '10.0.0.1', 'hexstring', "':'", "option[60].hex == 'a'", 'pkt4.mac == 0x001122334455', 'substring(option[60].hex,1,3)', "'a b and c'",
    ]
    let taken = 0
    for (let i = 0; i < 30_000; i++) {
      const text = Array.from({ length: 1 + random.below(9) }, () => words[random.below(words.length)] as string).join(random.chance(0.7) ? ' ' : '')
      const translated = readKeaExpression(text, CLASSES, STANDARD_OPTIONS)
      if (!translated.ok) continue
      taken++
      expect([text, translated.value, parseExpression(translated.value).ok]).toEqual([text, translated.value, true])
    }
    expect(taken).toBeGreaterThan(100)
  })
})
