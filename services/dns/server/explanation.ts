/** What `explain` gives: the answer in presentation format and the steps that led to it. */
import { rcodeName } from '../wire/message.ts'
import { formatName } from '../wire/name.ts'
import { formatRdata } from '../wire/rdata.ts'
import { typeName } from '../wire/type-names.ts'
import type { TraceStep } from '../../model/index.ts'
import { formatIpv4 } from '../../../stack/index.ts'
import type { Origin, Resolution } from './pipeline.ts'
import { NO_ZONE } from './respond.ts'

export type Explanation = {
  readonly rcode: string
  readonly answers: readonly string[]
  readonly steps: readonly TraceStep[]
  /** Names whose records are in the answer: of a wildcard its own, of aliases all on the way. */
  readonly owners: readonly string[]
  /** The view that the client sees. */
  readonly view: string | undefined
  /** Who would ask, if somebody in particular: "10.53.0.20". */
  readonly client?: string | undefined
  /** Of the last link, where aliases were followed. */
  readonly origin: Origin
  /** All of it was validated. */
  readonly authentic: boolean
}

export const NOT_ASKABLE: Explanation = { rcode: 'FORMERR', answers: [], steps: [], owners: [], view: undefined, origin: 'refused', authentic: false }

export const explanationOf = (r: Resolution, steps: readonly TraceStep[], view: string | undefined): Explanation => ({
  rcode: rcodeName(r.response.rcode), answers: answerLines(r), steps, owners: ownersOf(r), view,
  client: r.client === 0 ? undefined : formatIpv4(r.client), origin: r.origin,
  authentic: r.response.validated && !r.response.unvalidated && r.response.zoneSlot === NO_ZONE,
})

function ownersOf({ response }: Resolution): readonly string[] {
  return [...new Set([...response.answer, ...response.authority].map(({ rrset }) => formatName(rrset.name).toLowerCase()))]
}

/** "www.lab.internal 300 IN A 10.53.0.20" */
function answerLines(r: Resolution): readonly string[] {
  return r.response.answer.flatMap((placed) =>
    placed.rrset.rdata.map((rdata) => {
      const { type } = placed.rrset
      return `${formatName(placed.owner)} ${placed.ttl} IN ${typeName(type)} ${formatRdata(type, rdata)}`
    }))
}
