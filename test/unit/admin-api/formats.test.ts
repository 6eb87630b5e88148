import { describe, expect, test } from 'vitest'
import { type FormatName, FORMATS } from '../../../admin-api/formats.ts'

describe('input is brought to one form', () => {
  test.each([
    // format          text                               canonical form, or undefined when it is refused
    ['mac', '02:00:0A:35:00:14', '02:00:0a:35:00:14'],
    ['mac', '02-00-0a-35-00-14', '02:00:0a:35:00:14'],
    ['mac', '0200.0A35.0014', '02:00:0a:35:00:14'],
    ['mac', '02000A350014', '02:00:0a:35:00:14'],
    ['mac', '02:00-0a:35:00:14', undefined],
    ['mac', '02:00:0a:35:00', undefined],
    ['mac', '02:00:0a:35:00:14:15', undefined],
    ['mac', '2:0:a:35:0:14', undefined],
    ['mac', '02:00:0g:35:00:14', undefined],
    ['mac', '', undefined],
    ['client-id', '01:02:00:0A:35:00:14', '0102000a350014'],
    ['client-id', '01-02-ff', '0102ff'],
    ['client-id', 'FF00', 'ff00'],
    ['client-id', '01', undefined],
    ['client-id', '012', undefined],
    ['client-id', '01:02-03', undefined],
    ['client-id', 'ab'.repeat(255), 'ab'.repeat(255)],
    ['client-id', 'ab'.repeat(256), undefined],
    ['ipv4', '10.53.0.20', '10.53.0.20'],
    ['ipv4', '255.255.255.255', '255.255.255.255'],
    ['ipv4', '10.53.0.256', undefined],
    ['ipv4', '10.53.0', undefined],
    ['ipv4', '010.53.0.20', undefined],
    ['ipv4', ' 10.53.0.20', undefined],
    ['ipv4', '10.53.0.20\n', undefined],
    ['prefix', '10.53.0.0/24', '10.53.0.0/24'],
    ['prefix', '0.0.0.0/0', '0.0.0.0/0'],
    ['prefix', '10.53.0.1/24', undefined],
    ['prefix', '10.53.0.0/33', undefined],
    ['prefix', '10.53.0.0', undefined],
    ['domain-name', 'Lab.Internal.', 'lab.internal'],
    ['domain-name', '_tcp.lab', '_tcp.lab'],
    ['domain-name', '0/25.2.0.192.in-addr.arpa', '0/25.2.0.192.in-addr.arpa'],
    ['domain-name', 'a..b', undefined],
    ['domain-name', '.', undefined],
    ['domain-name', '-a.b', undefined],
    ['domain-name', 'münchen.lab', undefined],
    ['domain-name', `${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b`],
    ['domain-name', `${'a'.repeat(64)}.b`, undefined],
    ['domain-name', `${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`],
    ['domain-name', `${'a.'.repeat(127)}a`, undefined],
    ['host-label', 'Printer-2', 'printer-2'],
    ['host-label', 'a.b', undefined],
    ['host-label', 'a_b', undefined],
    ['host-label', 'a-', undefined],
    ['record-type', 'mx', 'MX'],
    ['record-type', 'type731', 'TYPE731'],
    ['record-type', '7', undefined],
    ['record-type', 'a b', undefined],
    ['dhcp-message', 'discover', 'DISCOVER'],
    ['dhcp-message', 'None', 'none'],
    ['dhcp-message', 'MALFORMED', 'malformed'],
    ['dhcp-message', 'x y', undefined],
    ['subject', ' 02-00-0A-35-00-14 ', '02:00:0a:35:00:14'],
    ['subject', '0200.0a35.0014', '02:00:0a:35:00:14'],
    // Twelve hexadecimal digits may be a host name.
    ['subject', 'decafc0ffee0', 'decafc0ffee0'],
    ['subject', '10.53.0.20', '10.53.0.20'],
    ['subject', 'Printer.lab', 'Printer.lab'],
    ['subject', '  ', undefined],
    ['subject', 'x'.repeat(256), undefined],
  ] as const satisfies readonly (readonly [FormatName, string, string | undefined])[])(
    '%s %j',
    (format, text, canonical) => {
      expect(FORMATS[format].canonical(text)).toBe(canonical)
    },
  )

  test('every row has an example that is in its format, and canonical forms stay as they are', () => {
    for (const row of Object.values(FORMATS)) expect(row.canonical(row.example)).toBe(row.example)
  })
})
