/**
 * One vector or more for every row of the rdata table: presentation text as we print it, and the octets. Texts that are
 * read but printed otherwise stand in rdata.test.ts. Octets come from the types' RFCs where those have examples
 * (RFC 9460 appendix D, RFC 4034 §4.3 and §5.4, RFC 4701 §3.6, RFC 7043), else they are worked out by hand.
 */
import type { RrType } from '../../../../../services/dns/index.ts'

const EXAMPLE = '07 65 78 61 6d 70 6c 65 03 63 6f 6d 00'
const FOO = `03 66 6f 6f ${EXAMPLE}`

export const RDATA_VECTORS: readonly (readonly [type: RrType, text: string, octets: string])[] = [
  ['A', '192.0.2.1', 'c0 00 02 01'],
  ['NS', 'foo.example.com', FOO],
  ['CNAME', 'Foo.example.com', `03 46 6f 6f ${EXAMPLE}`],
  ['CNAME', '.', '00'],
  ['CNAME', 'localhost.', '09 6c 6f 63 61 6c 68 6f 73 74 00'],
  ['SOA', 'foo.example.com example.com 1 7200 600 86400 300',
    `${FOO} ${EXAMPLE} 00000001 00001c20 00000258 00015180 0000012c`],
  ['PTR', 'foo.example.com', FOO],
  ['HINFO', '"PDP-11/70" "UNIX"', '09 5044502d31312f3730 04 554e4958'],
  ['MX', '10 foo.example.com', `000a ${FOO}`],
  ['TXT', '"hello" ""', '05 68656c6c6f 00'],
  ['TXT', '"a\\"b\\\\c\\000\\255"', '07 61 22 62 5c 63 00 ff'],
  ['RP', 'foo.example.com .', `${FOO} 00`],
  ['AFSDB', '1 foo.example.com', `0001 ${FOO}`],
  ['AAAA', '2001:db8::1:0:0:1', '20010db8 00000000 00010000 00000001'],
  // RFC 1876 §4's example of CSnet's home: 42 21 54 N 71 06 18 W, -24 m, 30 m.
  ['LOC', '42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m', '00 33 16 13 89 17 2d d0 70 be 15 f0 00 98 8d 20'],
  ['SRV', '0 5 5060 foo.example.com', `0000 0005 13c4 ${FOO}`],
  ['NAPTR', '100 50 "s" "z3950+I2L+I2C" "" foo.example.com', `0064 0032 01 73 0d 7a333935302b49324c2b493243 00 ${FOO}`],
  ['KX', '10 foo.example.com', `000a ${FOO}`],
  ['CERT', '1 12179 3 AQIDBA==', '0001 2f93 03 01020304'],
  ['DNAME', 'example.com', EXAMPLE],
  ['DS', '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118', 'ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118'],
  ['SSHFP', '2 1 123456789ABCDEF67890123456789ABCDEF67890', '02 01 123456789abcdef67890123456789abcdef67890'],
  ['RRSIG', 'A 5 3 86400 20030322173103 20030220173103 2642 example.com AQID',
    `0001 05 03 00015180 3e7c9dd7 3e5510d7 0a52 ${EXAMPLE} 010203`],
  // RFC 4034 §4.3.
  ['NSEC', 'host.example.com A MX RRSIG NSEC TYPE1234',
    `04 686f7374 ${EXAMPLE} 00 06 400100000003 04 1b 000000000000000000000000000000000000000000000000000020`],
  ['DNSKEY', '256 3 5 AQPSKmyn', '0100 03 05 0103d22a6ca7'],
  // RFC 4701 §3.6.1.
  ['DHCID', 'AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=',
    '000201636fc0b8271c82825bb1ac5c41cf5351aa69b4febd94e8f17cdb95000da48c40'],
  ['NSEC3', '1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG',
    '01 01 000c 04 aabbccdd 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 00 06 400000000002'],
  ['NSEC3', '1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR', '01 00 0000 00 14 174eb2409fe28bcb4887a1836f957f0a8425e27b'],
  ['NSEC3PARAM', '1 0 12 AABBCCDD', '01 00 000c 04 aabbccdd'],
  ['TLSA', '3 1 1 D2ABDE240D7CD3EE', '03 01 01 d2abde240d7cd3ee'],
  ['SMIMEA', '0 0 1 D2ABDE24', '00 00 01 d2abde24'],
  ['CDS', '0 0 0 00', '0000 00 00 00'],
  ['CDNSKEY', '0 3 0 AA==', '0000 03 00 00'],
  ['OPENPGPKEY', 'AQIDBAU=', '0102030405'],
  ['CSYNC', '66 3 A NS AAAA', '00000042 0003 00 04 60000008'],
  ['ZONEMD', '2018031500 1 1 FEBE3D4C', '7848b78c 01 01 febe3d4c'],
  ['SVCB', '0 foo.example.com', `0000 ${FOO}`],
  ['SVCB', '16 foo.example.com port=53', `0010 ${FOO} 0003 0002 0035`],
  ['SVCB', '1 foo.example.com key667="hello\\210qoo"', `0001 ${FOO} 029b 0009 68656c6c6fd2716f6f`],
  ['SVCB', '1 foo.example.com ipv6hint=2001:db8::1,2001:db8::53:1',
    `0001 ${FOO} 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001`],
  ['SVCB', '16 foo.example.org mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
    '0010 03666f6f 076578616d706c65 036f7267 00 0000 0004 00010004 0001 0009 026832 0568332d3139 0004 0004 c0000201'],
  ['SVCB', '16 foo.example.org alpn="f\\\\\\\\oo\\\\,bar,h2"',
    '0010 03666f6f 076578616d706c65 036f7267 00 0001 000c 08 665c6f6f2c626172 02 6832'],
  ['HTTPS', '1 . alpn="h2" no-default-alpn ech=AQID dohpath="/q{?dns}" ohttp',
    '0001 00 0001 0003 026832 0002 0000 0005 0003 010203 0007 0008 2f717b3f646e737d 0008 0000'],
  ['SPF', '"v=spf1 -all"', '0b 763d73706631202d616c6c'],
  ['EUI48', '00-00-5e-00-53-2a', '00005e00532a'],
  ['EUI64', '00-00-5e-ef-10-00-00-2a', '00005eef1000002a'],
  [
    'URI', '10 1 "ftp://ftp1.example.com/public"',
    '000a 0001 6674703a2f2f667470312e6578616d706c652e636f6d2f7075626c6963',
  ],
  ['CAA', '0 issue "ca1.example.net"', '00 05 6973737565 6361312e6578616d706c652e6e6574'],
  ['CAA', '128 tbs ""', '80 03 746273'],
]
