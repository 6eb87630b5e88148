import { Type } from 'typebox'
import type { OptionDefinitionView, WithWarnings } from '../../services/index.ts'
import { change, creation, freeText, id, integer, page, view } from './common.ts'
import { warnings } from './levels.ts'

const fields = {
  code: integer(1, 254, 'Its code.', 230),
  name: freeText(64, 'The name that option sets call it by.', 'boot-menu'),
  type: freeText(20, 'ipv4, ipv6, bool, u8, u16, u32, i8, i32, seconds, text, bytes, flag or name.', 'text'),
  array: Type.Boolean({ description: 'A list of the type.' }),
  space: Type.Unsafe<string | number>({
    type: ['string', 'integer'],
    maxLength: 63,
    minimum: 0,
    maximum: 0xffff_ffff,
    description: '"dhcp4", the name of a space inside option 43, or an enterprise number (options 124 and 125).',
    examples: ['dhcp4'],
  }),
}
const all = { id: id('option definition'), ...fields }

export const OptionDefinition = view<OptionDefinitionView>()('OptionDefinition', 'An option that the table lacks.', all)
export const OptionDefinitionAnswer = view<WithWarnings<OptionDefinitionView>>()(
  'OptionDefinitionAnswer',
  'The definition as it is now.',
  { ...all, warnings },
)
export const OptionDefinitionPage = page('OptionDefinition', OptionDefinition)
export const OptionDefinitionCreation = creation('OptionDefinitionCreation', 'A new option definition.', fields, {
  array: false,
  space: 'dhcp4',
})
export const OptionDefinitionChange = change('OptionDefinitionChange', 'New values for some fields of one.', fields)
