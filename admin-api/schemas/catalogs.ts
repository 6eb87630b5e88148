import { Type } from 'typebox'
import type { CatalogGroupView, CatalogMemberView, CatalogView } from '../../services/index.ts'
import { creation, freeText, list, nullable, object, oneOf, parameters, text, view, word } from './common.ts'
import { Primary, PrimaryInputs } from './secondaries.ts'

/** More would be a misuse of groups. */
const MOST_GROUPS = 100

const role = oneOf(['producer', 'consumer'], 'producer: it lists zones of this server for others. consumer: it is a copy, and its members are copied too.')
const name = freeText(255, 'The value of the group property.', 'internal')
const group = nullable(freeText(255, 'How consumers are to set it up; null: as all others.', 'internal'))
const coo = nullable(text('domain-name', 'The catalog that may take it over; null: none.', 'catalog2.example'))
const zone = text('domain-name', 'The zone.', 'example.internal')

const CatalogGroup = view<CatalogGroupView>()('CatalogGroup', 'Where members of a group are copied from.', { name, primaries: list(Primary, 'Asked in this order.') })
const CatalogMember = view<CatalogMemberView>()('CatalogMember', 'A zone that a catalog lists.', {
  zone,
  label: word('Its label in the catalog; another one means that it begins anew.', '5960775ba382e7a4'),
  group,
  coo,
  conflict: nullable(word('Why it is not here, where the catalog is consumed; null: it is.', 'a zone of that name is here already')),
})
export const Catalog = view<CatalogView>()('Catalog', 'A catalog zone (RFC 9432).', {
  zone,
  role,
  primaries: nullable(list(Primary, 'Where members are copied from; null: from where the catalog is.')),
  groups: list(CatalogGroup, 'The same for members of a group.'),
  fault: nullable(word('Why nothing is done about its present version; null: all is well.', 'a zone is listed twice (example.internal)')),
  members: list(CatalogMember, 'What it lists.'),
})
export const CatalogInput = object('CatalogInput', 'What the zone is as a catalog.', {
  role,
  primaries: Type.Optional(nullable(PrimaryInputs)),
  groups: Type.Optional(Type.Array(object('CatalogGroupInput', 'Where members of a group are copied from.', { name, primaries: PrimaryInputs }), { maxItems: MOST_GROUPS, description: 'For consumers.' })),
})
export const CatalogMemberInput = creation('CatalogMemberInput', 'What the catalog says of a member.', { group, coo }, { group: null, coo: null })
export const catalogMemberParams = parameters({ name: text('domain-name', 'The catalog.', 'catalog.lab.internal'), member: zone })
