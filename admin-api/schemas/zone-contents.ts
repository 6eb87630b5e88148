import { Type } from 'typebox'
import type { ChangedRecordView, RecordStep, ZoneDifferenceView, ZoneEditView, ZoneVersionView } from '../../services/index.ts'
import { count, integer, list, nullable, object, oneOf, page, pagingFields, parameters, text, time, view, word } from './common.ts'
import { RecordChange, RecordCreation } from './records.ts'

const LARGEST_SERIAL = 0xffff_ffff
/** Steps of one request; a file has more. */
const MOST_STEPS = 1000

const serial = (description: string) => integer(0, LARGEST_SERIAL, description, 2_026_112_201)
const dryRun = Type.Optional(oneOf(['true', 'false'], 'true: only say what would change.'))
const record = {
  name: word('The full name.', 'www.lab.internal'),
  type: word('The type.', 'A'),
  ttl: count('Seconds.', 3600),
  data: word('rdata as in a zone file.', '10.53.0.20'),
}

const ChangedRecord = view<ChangedRecordView>()('ChangedRecord', 'A record that comes or goes.', {
  id: nullable(count('Its number; null: it has none, or none any more.', 17)),
  action: oneOf(['add', 'remove'], 'What happens to it.'),
  ...record,
  owner: word('Who made it.', 'hand'),
  enabled: Type.Boolean({ description: 'false: it is kept, and not served.' }),
})

export const ZoneEdit = view<ZoneEditView>()('ZoneEdit', 'What an edit of a zone did, or would do.', {
  zone: word('The zone.', 'lab.internal'),
  dryRun: Type.Boolean({ description: 'True: nothing was changed.' }),
  serialBefore: count('The serial before it.', 2_026_112_201),
  serialAfter: count('The serial after it; the same when nothing changes.', 2_026_112_202),
  added: count('How many records come.', 1),
  removed: count('How many go.', 0),
  changes: list(ChangedRecord, 'Removals first; the first thousand of each kind.'),
})

export const ZoneVersion = view<ZoneVersionView>()('ZoneVersion', 'One edit of a zone.', {
  serial: count('The serial after it.', 2_026_112_201),
  at: time('When.'),
  added: count('How many records came.', 1),
  removed: count('How many went.', 0),
  by: word('Who made it: a token, a lease, the key of a dynamic update …', 'token first start'),
})
export const ZoneVersionPage = page('ZoneVersion', ZoneVersion)

export const ZoneDifference = view<ZoneDifferenceView>()('ZoneDifference', 'What is different in two versions of a zone.', {
  zone: word('The zone.', 'lab.internal'),
  from: count('The serial that the comparison starts from.', 7),
  to: count('The serial that it leads to.', 9),
  changes: list(ChangedRecord, 'Removals first.'),
})

const choice = Type.Object(
  {
    id: Type.Optional(integer(1, Number.MAX_SAFE_INTEGER, 'One record.', 17)),
    name: Type.Optional(word('All of a name, relative or absolute.', 'www')),
    type: Type.Optional(word('Of them those of a type.', 'A')),
    data: Type.Optional(word('Of them the one with this data.', '10.53.0.20')),
    ptr: Type.Optional(Type.Boolean({ description: 'With the PTR records that lead back to them.' })),
  },
  { additionalProperties: false, description: 'Either an id, or a name.', anyOf: [{ required: ['id'] }, { required: ['name'] }] },
)

const step = Type.Object(
  {
    add: Type.Optional(RecordCreation),
    remove: Type.Optional(choice),
    change: Type.Optional(
      Type.Object(
        { id: integer(1, Number.MAX_SAFE_INTEGER, 'Which record.', 17), ...RecordChange.properties },
        { additionalProperties: false, description: 'Fields that are left out stay as they are.' },
      ),
    ),
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1, description: 'One thing to do.' },
)

export const RecordSteps = Type.Unsafe<{ readonly changes: readonly RecordStep[] }>(
  object('RecordSteps', 'Several changes of one zone, all or none of which are made.', {
    changes: Type.Array(step, { minItems: 1, maxItems: MOST_STEPS, description: 'In this order; removals come before additions.' }),
  }),
)

export const Undo = object('Undo', 'The way back to what a zone was.', {
  mode: oneOf(['undo', 'back'], 'undo: takes one version back. back: takes everything after a version back.'),
  serial: serial('The version.'),
})

export const BlockDelegation = object('BlockDelegation', 'Who answers for the reverse names of a block smaller than /24.', {
  prefix: text('prefix', 'The block.', '192.0.2.0/26'),
  servers: Type.Array(word('Name of a server.', 'ns.example.com.'), { minItems: 1, maxItems: 13, description: 'The name servers of its zone.' }),
})

const yesNo = (description: string) => Type.Optional(oneOf(['true', 'false'], description))

export const fileQuery = parameters({
  mode: Type.Optional(oneOf(['replace', 'merge'], 'replace (default): records that the file does not have go. merge: they stay.')),
  soa: yesNo("true: take the file's SOA over, with its serial if that is newer."),
  create: yesNo('true: make the zone if there is none.'),
  dryRun,
})
export const dryRunQuery = parameters({ dryRun })
export const exportQuery = parameters({
  signed: yesNo('true: with the keys, signatures and denials of DNSSEC; only of a zone that is signed.'),
  leases: yesNo('false: without the records of leases.'),
})
export const versionsQuery = parameters(pagingFields)
export const differenceQuery = parameters({
  from: serial('The version that the comparison starts from.'),
  to: serial('The version that it leads to.'),
  format: Type.Optional(oneOf(['json', 'text'], 'text: a line for each record, with + or − in front.')),
})
export const textBody = Type.String({ description: 'The file.' })
