/** Class expressions: what they mean for a request, and what is said about wrong ones. */
import { describe, expect, test } from 'vitest'
import { compileExpression } from '../../../../../services/dhcp/classify/compile.ts'
import { LONGEST_EXPRESSION } from '../../../../../services/dhcp/classify/lexer.ts'
import { parseExpression } from '../../../../../services/dhcp/classify/parse.ts'
import { clientMessage, exchangeOf } from '../../../../support/dhcp-bench.ts'

/** An iPXE client on a UEFI machine, behind port eth7 of a relay. */
const EXCHANGE = exchangeOf(
  clientMessage('DISCOVER', {
    mac: '52:54:00:12:34:56',
    secs: 4,
    giaddr: '10.1.0.1',
    options: { 'vendor-class': 'PXEClient:Arch:00007', 'requested-address': '10.1.0.77' },
    raw: [[93, '00070010'], [77, '6950584 5'.replace(' ', '')], [82, '01046574683702030a0b0c'], [97, `00${'ab'.repeat(16)}`], [61, '0152540012 3456'.replace(' ', '')]],
  }),
)
const holds = (text: string): boolean => {
  const parsed = parseExpression(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed))
  EXCHANGE.hostName = 'cam-12'
  return compileExpression(parsed.value)(EXCHANGE)
}

test.each([
  ['all', true],
  ['vendor-class starts-with "PXEClient"', true],
  ['vendor-class starts-with "PXEClient:Arch:00007:"', false],
  ['vendor-class == "PXEClient:Arch:00007"', true],
  ['vendor-class == "PXEClient"', false],
  ['vendor-class != "PXEClient"', true],
  ['vendor-class ends-with ":00007"', true],
  ['vendor-class ends-with "PXEClient:Arch:00007 and more"', false],
  ['vendor-class contains "Arch"', true],
  ['vendor-class contains 0x41726368', true],
  ['vendor-class contains "arch"', false],
  ['vendor-class in ("a", "PXEClient:Arch:00007")', true],
  ['architecture in (7, 9)', true],
  ['architecture == 16', true],
  ['architecture in (0, 6)', false],
  ['architecture > 8', true],
  ['architecture < 7', false],
  ['user-class == "iPXE"', true],
  ['mac == 52:54:00:12:34:56', true],
  ['mac in 52:54:00:00:00:00/24', true],
  ['mac in 52:55:00:00:00:00/16', false],
  ['mac in 52:55:00:00:00:00/15', true],
  ['mac in (02:00:00:00:00:00/8, 52:54:00:12:34:56)', true],
  ['mac starts-with 52:54', true],
  ['mac starts-with 0x5254', true],
  ['random-mac', true],
  ['client-id == 0x01525400123456', true],
  [`uuid starts-with 0xabab`, true],
  ['option[77] contains 0x6950', true],
  ['option[vendor-class] starts-with "PXE"', true],
  ['option[routers]', false],
  ['option[93]', true],
  ['relay.circuit-id == "eth7"', true],
  ['relay.remote-id == 0x0a0b0c', true],
  ['relay[1] starts-with "eth"', true],
  ['relay[circuit-id] == "eth8"', false],
  ['relay.subscriber-id', false],
  ['relay.subscriber-id != "x"', true],
  ['giaddr in 10.1.0.0/16', true],
  ['giaddr == 10.1.0.1', true],
  ['giaddr in (10.2.0.0/16, 10.1.0.2)', false],
  ['ciaddr in 0.0.0.0/0', false],
  ['requested-address in 10.1.0.0/24', true],
  ['secs >= 4', true],
  ['secs > 4', false],
  ['hops <= 0x00', true],
  ['message-type == DISCOVER', true],
  ['message-type in (discover, REQUEST)', true],
  ['message-type == "INFORM"', false],
  ['interface == lan0', true],
  ['host-name matches-glob "cam-*"', true],
  ['host-name matches-glob "c?m-1*2"', true],
  ['host-name matches-glob "*1"', false],
  ['host-name matches-glob "*m*-*2"', true],
  ['host-name matches-glob ""', false],
  ['known', false],
  ['unknown and not bootp and not rapid-commit', true],
  ['relayed', true],
  ['not (random-mac or known) or secs == 4', true],
  ['random-mac and known or secs == 4', true],
  ['random-mac and (known or secs == 5)', false],
  ['not not random-mac', true],
  ['vendor-class contains "\\"" or vendor-class contains "\\\\"', false],
])('%s', (text, expected) => {
  expect(holds(text)).toBe(expected)
})

describe('a wrong one is refused with the column', () => {
  test.each<[string, number, RegExp]>([
    ['', 1, /something is missing/],
    ['vendor-clas == "x"', 1, /"vendor-clas" is neither a field nor a flag/],
    ['vendor-class == x', 17, /"x" is no value/],
    ['vendor-class == "x', 17, /does not end/],
    ['vendor-class == "\\n"', 18, /escapes/],
    ['vendor-class == "é"', 17, /no value/],
    ['vendor-class ==', 16, /a value is missing/],
    ['vendor-class >= 4', 14, /vendor-class is no number/],
    ['secs starts-with "4"', 6, /is for texts/],
    ['secs == "4"', 9, /no number/],
    ['secs == 4 or', 13, /something is missing/],
    ['secs == 4 secs', 11, /"secs" was not expected/],
    ['(secs == 4', 11, /not closed/],
    ['architecture in 7', 17, /is a list/],
    ['architecture in (7, ', 21, /no number/],
    ['architecture in (7', 19, /list does not end/],
    ['mac in 52:54', 8, /no hardware address/],
    ['mac in 52:54:00:00:00:00/49', 8, /no hardware address/],
    ['giaddr in 10.1.0.0/33', 11, /no IPv4 address/],
    ['giaddr == "10.1.0.1"', 11, /no IPv4 address/],
    ['option[0] contains "x"', 8, /"0" is no option/],
    ['option[nothing]', 8, /"nothing" is no option/],
    ['option[60', 10, /bracket is not closed/],
    ['secs == 4 & known', 11, /"&" means nothing/],
    ['not '.repeat(30) + 'known', 101, /nested too deeply/],
    ['('.repeat(30), 26, /nested too deeply/],
    [`vendor-class == "${'x'.repeat(LONGEST_EXPRESSION)}"`, LONGEST_EXPRESSION, /longer than/],
    ['a '.repeat(700), 1201, /too many words/],
  ])('%s', (text, column, problem) => {
    const parsed = parseExpression(text)
    expect(parsed).toMatchObject({ ok: false, error: { column, problem: expect.stringMatching(problem), remedy: expect.stringMatching(/./) } })
  })
})
