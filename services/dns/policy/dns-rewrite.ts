/**
 * The value of adblock's $dnsrewrite: "192.0.2.1", "other.example", "NXDOMAIN", or rcode, type and data as in
 * "NOERROR;MX;10 mail.example".
 */
import { parseIpv4 } from '../../../stack/index.ts'
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { ABSOLUTE } from '../wire/name.ts'
import { parseRdataText } from '../wire/rdata.ts'
import { isMetaType, TYPE, typeCode } from '../wire/type-names.ts'
import type { RuleDetail } from './model.ts'
import { shown } from './rule-name.ts'

export type Rewrite = Pick<RuleDetail, 'action' | 'records'>

const RCODES: { readonly [text: string]: Rewrite } = {
  NOERROR: { action: 'nodata' }, NXDOMAIN: { action: 'nxdomain' }, REFUSED: { action: 'refused' },
}

export function readRewrite(value: string): Result<Rewrite, string> {
  const [first, type, ...data] = value.split(';') as [string, ...string[]]
  const rcode = RCODES[first.toUpperCase()]
  if (type === undefined) return rcode === undefined ? records(typeOf(first), first) : ok(rcode)
  if (rcode === undefined) return err(`$dnsrewrite: "${shown(first)}" is none of NOERROR, NXDOMAIN and REFUSED`)
  if (data.length === 0) return err('$dnsrewrite is a value alone, or rcode;type;value')
  if (type === '' || rcode.action !== 'nodata') return ok(rcode)
  const code = typeCode(type)
  if (code === undefined || isMetaType(code)) return err(`$dnsrewrite: "${shown(type)}" is no type of records`)
  return records(code, data.join(';'))
}

const typeOf = (value: string): number => (parseIpv4(value) !== undefined ? TYPE.A : value.includes(':') ? TYPE.AAAA : TYPE.CNAME)

function records(type: number, text: string): Result<Rewrite, string> {
  const rdata = parseRdataText(type, text, ABSOLUTE)
  if (!rdata.ok) return err(`$dnsrewrite: "${shown(text)}" is not data of its type: ${rdata.error.what}`)
  return ok({ action: 'records', records: [{ type, ttl: undefined, rdata: [rdata.value] }] })
}
