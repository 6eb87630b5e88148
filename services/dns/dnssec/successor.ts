/** The name that stands right after another in canonical order (RFC 4034 §6.1): what a denial of one name alone ends with. */
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'

/** `name` in lower case, below `apex`. After the last name of a zone comes the apex. */
export function successor(name: Name, apex: Name): Name {
  if (name.length + 2 <= MAX_NAME_OCTETS) return Uint8Array.from([1, 0, ...name])
  // There is no room for another label: the next name has a later first label.
  for (let rest = name; rest.length > apex.length; rest = rest.subarray(1 + (rest[0] as number))) {
    const label = [...rest.subarray(1, 1 + (rest[0] as number))]
    const above = rest.subarray(1 + label.length)
    if (label.length < MAX_LABEL_OCTETS && rest.length < MAX_NAME_OCTETS) return Uint8Array.from([label.length + 1, ...label, 0, ...above])
    while (label.at(-1) === 0xff) label.pop()
    const last = label.pop()
    // Upper case letters sort as lower case ones, so "[" comes after "@".
    if (last !== undefined) return Uint8Array.from([label.length + 1, ...label, last === 0x40 ? 0x5b : last + 1, ...above])
  }
  return apex
}
