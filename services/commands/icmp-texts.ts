/** What ICMP errors (RFC 792; RFC 1812 §5.2.7.1) are called by the tools that people know. */

const UNREACHABLE: readonly (readonly [says: string, mark: string])[] = [
  ['Destination Net Unreachable', '!N'],
  ['Destination Host Unreachable', '!H'],
  ['Destination Protocol Unreachable', '!P'],
  ['Destination Port Unreachable', '!3'],
  ['Frag needed and DF set', '!F'],
  ['Source Route Failed', '!S'],
  ['Destination Net Unknown', '!6'],
  ['Destination Host Unknown', '!7'],
  ['Source Host Isolated', '!8'],
  ['Destination Net Prohibited', '!9'],
  ['Destination Host Prohibited', '!X'],
  ['Destination Net Unreachable for Type of Service', '!11'],
  ['Destination Host Unreachable for Type of Service', '!12'],
  ['Packet filtered', '!X'],
  ['Precedence Violation', '!V'],
  ['Precedence Cutoff', '!C'],
]

/** "Destination Host Unreachable", as ping says it. `mtu`: of the next hop, 0 when not said. */
export function icmpErrorText(type: number, code: number, mtu: number): string {
  if (type === 3 && code === 4 && mtu !== 0) return `Frag needed and DF set (mtu = ${mtu})`
  if (type === 3) return UNREACHABLE[code]?.[0] ?? `Dest Unreachable, Bad Code: ${code}`
  if (type === 11) return code === 0 ? 'Time to live exceeded' : 'Frag reassembly time exceeded'
  return type === 12 ? 'Parameter problem' : `ICMP type ${type} code ${code}`
}

/** "!H", as traceroute marks a code of destination unreachable. */
export const unreachableMark = (code: number): string => UNREACHABLE[code]?.[1] ?? `!${code}`
