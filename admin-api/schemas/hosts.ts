import { Type } from 'typebox'
import type { HostView, IdentifierView, WithWarnings } from '../../services/index.ts'
import { change, creation, freeText, id, list, nullable, oneOf, page, text, view } from './common.ts'
import { LEVEL_DEFAULTS, levelFields, warnings } from './levels.ts'

const identifier = Type.Unsafe<IdentifierView>(
  Type.Object(
    {
      kind: oneOf(
        ['client-id', 'uuid', 'circuit-id', 'remote-id', 'mac', 'host-name'],
        'What it is: option 61, option 97, option 82 sub-option 1 or 2, the hardware address, option 12 or 81.',
      ),
      value: freeText(
        512,
        'mac 02:00:0a:35:00:14; client-id in hexadecimal, type octet first; uuid; circuit-id and remote-id as text or ' +
          '0x and hexadecimal; host-name one label.',
        '02:00:0a:35:00:14',
      ),
    },
    { additionalProperties: false },
  ),
)

const fields = {
  name: nullable(text('host-label', 'Host name to give and to publish.')),
  identifiers: list(identifier, 'Any of them stands for the host; circuit-id and remote-id together for one port.'),
  addresses: list(
    text('ipv4', 'An address of a subnet.', '10.53.0.20'),
    'Kept for it and given to nobody else, in or outside pools.',
  ),
  classes: list(freeText(63, 'A class.', 'printers'), 'Classes that it is put in.'),
  denied: Type.Boolean({ description: 'It gets no address.' }),
  tags: list(freeText(63, 'A word.', 'office'), 'For people.'),
  comment: nullable(freeText(500, 'For people.', 'second floor, left')),
  ...levelFields,
}
const all = { id: id('host'), ...fields }

const DEFAULTS = { name: null, addresses: [], classes: [], denied: false, tags: [], comment: null, ...LEVEL_DEFAULTS }

export const Host = view<HostView>()('Host', 'A machine that the administrator knows.', all)
export const HostAnswer = view<WithWarnings<HostView>>()('HostAnswer', 'The host as it is now.', { ...all, warnings })
export const HostPage = page('Host', Host)
export const HostCreation = creation('HostCreation', 'A new host.', fields, DEFAULTS)
export const HostChange = change('HostChange', 'New values for some fields of a host.', fields)
