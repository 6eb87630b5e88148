import { Type } from 'typebox'
import type { EffectiveSettingsView } from '../../services/index.ts'
import { count, freeText, integer, list, nullable, parameters, text, view, word } from './common.ts'

const octets = (description: string, example: string) => freeText(512, description, example)

export const clientQuery = parameters({
  mac: text('mac', 'Its hardware address.'),
  clientId: Type.Optional(text('client-id', 'Option 61 in hexadecimal, type octet first.')),
  uuid: Type.Optional(octets('Option 97.', '564d9f2e-7b1c-4a3e-9f00-02000a350014')),
  hostName: Type.Optional(freeText(255, 'What it calls itself.', 'printer-2')),
  vendorClass: Type.Optional(freeText(255, 'Option 60.', 'PXEClient:Arch:00007')),
  userClass: Type.Optional(freeText(255, 'Option 77.', 'iPXE')),
  architecture: Type.Optional(integer(0, 0xffff, 'Option 93.', 7)),
  circuitId: Type.Optional(octets('Option 82 sub-option 1, as text or 0x and hexadecimal.', 'eth7')),
  remoteId: Type.Optional(octets('Option 82 sub-option 2, as text or 0x and hexadecimal.', 'switch-3')),
  subnet: Type.Optional(text('prefix', 'Where it is; else the subnet of its host entry, else the first.')),
})

const origin = word('The level that says it.', 'class pxe')
const setting = Type.Object(
  {
    name: word('As a level calls it.', 'leaseSeconds'),
    value: Type.Unsafe<string | number>({ type: ['string', 'integer'], description: 'Its value.', examples: [3600] }),
    origin,
  },
  { additionalProperties: false },
)
export const SettledOption = Type.Unsafe<EffectiveSettingsView['options'][number]>(
  Type.Object(
    {
      code: count('Its code.', 3),
      name: word('Its name.', 'routers'),
      value: Type.Unknown({ description: 'As in an option set; null: taken away by its origin.', examples: [['10.53.0.1']] }),
      origin,
    },
    { additionalProperties: false },
  ),
)

export const EffectiveSettings = view<EffectiveSettingsView>()(
  'EffectiveSettings',
  'What counts for a client, value by value with its origin.',
  {
    segment: word('Where it is.', 'lan0'),
    subnet: word('And in which subnet.', '10.53.0.0/24'),
    address: text('ipv4', 'One that it could have.'),
    host: nullable(word('The host entry that stands for it.', 'host 3 (printer)')),
    classes: list(word('A class.', 'pxe'), 'By priority.'),
    settings: list(setting, 'Lease times and boot fields.'),
    options: list(SettledOption, 'By code.'),
  },
)
