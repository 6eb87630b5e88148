/** The text that people write for a server that is forwarded to. */
import { describe, expect, test } from 'vitest'
import { formatForwardServer, parseForwardServer } from '../../../../services/model/index.ts'
import { ipv4 } from '../../../../stack/index.ts'

const PIN = 'pin-sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='

test.each([
  ['192.0.2.1', '192.0.2.1', { by: 'plain', address: ipv4('192.0.2.1'), port: 53, name: undefined, pin: undefined, path: undefined }],
  ['192.0.2.1:5353', '192.0.2.1:5353', { by: 'plain', port: 5353 }],
  ['tls://192.0.2.1', 'tls://192.0.2.1', { by: 'tls', port: 853, name: undefined, pin: undefined }],
  ['TLS://192.0.2.1:8853#DNS.example.', 'tls://192.0.2.1:8853#dns.example', { by: 'tls', port: 8853, name: 'dns.example' }],
  [`tls://192.0.2.1#${PIN}`, `tls://192.0.2.1#${PIN}`, { name: undefined, pin: PIN.slice(11) }],
  [`tls://192.0.2.1#${PIN},dns.example`, `tls://192.0.2.1#dns.example,${PIN}`, { name: 'dns.example', pin: PIN.slice(11) }],
  ['https://dns.example/dns-query#192.0.2.1', 'https://dns.example/dns-query#192.0.2.1', { by: 'https', address: ipv4('192.0.2.1'), port: 443, name: 'dns.example', path: '/dns-query' }],
  ['https://dns.example:8443/a/b{?dns}#192.0.2.1', 'https://dns.example:8443/a/b#192.0.2.1', { port: 8443, path: '/a/b' }],
  ['https://192.0.2.1', 'https://192.0.2.1/dns-query', { name: '192.0.2.1', path: '/dns-query' }],
] as const)('%s', (text, shortest, fields) => {
  const server = parseForwardServer(text)
  expect(server).toMatchObject({ ok: true, value: fields })
  if (server.ok) {
    expect(formatForwardServer(server.value)).toBe(shortest)
    expect(parseForwardServer(shortest)).toEqual(server)
  }
})

describe('what is no server is refused with what would be right', () => {
  test.each([
    ['', /IPv4 address/], ['dns.example', /IPv4 address/], ['192.0.2.1:0', /port/], ['192.0.2.1:70000', /port/], ['224.0.0.1', /one host/], ['192.0.2.1#dns.example', /tls:\/\//],
    ['quic://192.0.2.1', /tls:\/\/ADDRESS/], ['tls://dns.example', /IPv4 address/], ['tls://192.0.2.1#a,b', /one name/], ['tls://192.0.2.1#-', /name/],
    ['tls://192.0.2.1#pin-sha256=abc', /openssl/], [`tls://192.0.2.1#${PIN},${PIN}`, /one pin/], ['tls://192.0.2.1#a#b', /one "#"/],
    ['https://dns.example/dns-query', /address of the server/], ['https://192.0.2.1/dns-query#192.0.2.2', /address of the server/], ['https://dns.example/a b#192.0.2.1', /path/],
    ['https://dns.example/a?b#192.0.2.1', /path/], ['https:///dns-query', /https:/],
  ] as const)('%s', (text, right) => {
    const server = parseForwardServer(text)
    expect(server.ok ? 'accepted' : server.error).toMatch(right)
  })
})
