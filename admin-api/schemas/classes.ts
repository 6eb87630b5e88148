import { Type } from 'typebox'
import type { ClassView, WithWarnings } from '../../services/index.ts'
import { change, creation, freeText, id, integer, nullable, page, view } from './common.ts'
import { LEVEL_DEFAULTS, levelFields, warnings } from './levels.ts'

const fields = {
  name: freeText(63, 'Its name.', 'pxe'),
  priority: integer(0, 1_000_000, 'Where it stands among the classes; lower comes first.', 100),
  test: nullable(
    freeText(2000, 'An expression over the request; null: only hosts are put in it.', 'vendor-class starts-with "PXEClient"'),
  ),
  denied: Type.Boolean({ description: 'Its members get no address.' }),
  leaseLimit: nullable(integer(0, 0xffff_ffff, 'Leases that its members may hold together; null: no limit.', 20)),
  ...levelFields,
}
const all = { id: id('class'), ...fields }

const DEFAULTS = { priority: 100, test: null, denied: false, leaseLimit: null, ...LEVEL_DEFAULTS }

export const Class = view<ClassView>()('Class', 'Clients that have something in common.', all)
export const ClassAnswer = view<WithWarnings<ClassView>>()('ClassAnswer', 'The class as it is now.', { ...all, warnings })
export const ClassPage = page('Class', Class)
export const ClassCreation = creation('ClassCreation', 'A new class.', fields, DEFAULTS)
export const ClassChange = change('ClassChange', 'New values for some fields of a class.', fields)
