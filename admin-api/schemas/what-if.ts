import { Type } from 'typebox'
import type { WhatIfInput, WhatIfReplyView, WhatIfView } from '../../services/index.ts'
import { creation, freeText, integer, list, nullable, object, oneOf, text, view, word } from './common.ts'
import { DecisionStep } from './decisions.ts'
import { SettledOption } from './effective.ts'

const MESSAGES = ['DISCOVER', 'REQUEST', 'DECLINE', 'RELEASE', 'INFORM', 'BOOTP'] as const
/** A message of the largest size, in hexadecimal with something between the octets. */
const MOST_HEX = 4096 * 3

const octets = (description: string, example: string) => nullable(freeText(512, description, example))
const address = (description: string) => nullable(text('ipv4', description))

/** What a body that leaves fields out means. */
export const UNSAID = {
  messageType: 'DISCOVER', mac: null, clientId: null, uuid: null, hostName: null, vendorClass: null, userClass: null, architecture: null,
  circuitId: null, remoteId: null, subnet: null, interface: null, giaddr: null, ciaddr: null, requestedAddress: null,
  serverIdentifier: null, parameterRequestList: null, fqdn: null, options: null, packet: null,
} as const satisfies WhatIfInput

export const WhatIfQuestion = creation(
  'WhatIfQuestion',
  'A request that nobody sent: described, or as octets.',
  {
    messageType: oneOf(MESSAGES, 'Option 53; BOOTP has none.'),
    mac: nullable(text('mac', 'Its hardware address; needed where there is no packet.')),
    clientId: nullable(text('client-id', 'Option 61 in hexadecimal, type octet first.')),
    uuid: octets('Option 97.', '564d9f2e-7b1c-4a3e-9f00-02000a350014'),
    hostName: nullable(freeText(255, 'What it calls itself.', 'printer-2')),
    vendorClass: nullable(freeText(255, 'Option 60.', 'PXEClient:Arch:00007')),
    userClass: nullable(freeText(255, 'Option 77.', 'iPXE')),
    architecture: nullable(integer(0, 0xffff, 'Option 93.', 7)),
    circuitId: octets('Option 82 sub-option 1, as text or 0x and hexadecimal.', 'eth7'),
    remoteId: octets('Option 82 sub-option 2, as text or 0x and hexadecimal.', 'switch-3'),
    subnet: nullable(text('prefix', 'Where it is; else the subnet of its host entry, else the first.')),
    interface: nullable(freeText(64, 'Where it comes in; else where its subnet is.', 'lan0')),
    giaddr: address('Its relay.'),
    ciaddr: address('The address that it has; such a request comes to us alone.'),
    requestedAddress: address('Option 50.'),
    serverIdentifier: address('Option 54.'),
    parameterRequestList: Type.Unsafe<WhatIfInput['parameterRequestList']>({
      type: ['array', 'null'], items: { type: 'integer', minimum: 1, maximum: 254 }, maxItems: 255, description: 'Option 55.', examples: [[1, 3, 6]],
    }),
    fqdn: nullable(freeText(255, 'Option 81, as of a client that leaves its names to the server.', 'cam-1.lab.internal')),
    options: Type.Unsafe<WhatIfInput['options']>({
      type: ['object', 'null'], additionalProperties: {}, maxProperties: 255, description: 'Any other options by name, or as option-N in hexadecimal; null: it does not send that one.',
      examples: [{ 'vendor-class': 'PXEClient', 'option-224': '0a0b' }],
    }),
    packet: nullable(freeText(MOST_HEX, 'The UDP payload in hexadecimal; then of the other fields only "interface" counts.', '01010600')),
  },
  UNSAID,
)

const reply = Type.Unsafe<WhatIfReplyView | null>({
  ...object('WhatIfReply', 'The reply that would go out.', {
    to: word('Where to: a relay, an address, a hardware address, or everybody.', 'relay 10.1.0.1'),
    address: text('ipv4', 'yiaddr.'),
    options: list(SettledOption, 'In the order of the message. "protocol": every reply of the kind has it; "the client": it sent that itself.'),
    bytes: word('The whole message in hexadecimal; secrets in it are zeros.', '02010600'),
  }),
  type: ['object', 'null'],
})

export const WhatIfAnswer = view<WhatIfView>()('WhatIf', 'What would happen, and why.', {
  request: word('The request in hexadecimal.', '01010600'),
  interface: word('Where it would come in.', 'lan0'),
  mac: word("The client's hardware address.", '02:00:0a:35:00:14'),
  address: nullable(text('ipv4', 'The address that it is about.')),
  received: word('What would come.', 'DISCOVER'),
  sent: word('What would go out, or "none".', 'OFFER'),
  steps: list(DecisionStep, 'In the order in which they would be taken.'),
  reply,
  assumed: list(word('One thing.', 'nobody answers for 10.53.0.100'), 'What was taken for granted instead of asked on the wire.'),
  whyNot: list(
    object('WhyNot', 'A host or class that does not count.', {
      subject: word('Which.', 'host 3 (printer)'),
      because: word('Why not.', 'hardware address 02:00:0a:35:00:15 differs: the client has 02:00:0a:35:00:14'),
    }),
    'Hosts that nearly matched, addresses that the client cannot have, and classes whose expression is false.',
  ),
})
