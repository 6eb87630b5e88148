/** DHCP options on the command line: --option NAME=VALUE. */
import { type Option, UsageError } from './command.ts'

export const OPTION: Option = {
  type: 'string',
  multiple: true,
  value: 'NAME=VALUE',
  says: 'a DHCP option; VALUE is JSON or, if it is not JSON, text',
}

/** ['routers=["10.53.0.1"]', 'domain-name=lab'] → an option set; undefined for none. Throws UsageError. */
export function optionSet(given: readonly string[]): { readonly [name: string]: unknown } | undefined {
  if (given.length === 0) return undefined
  return Object.fromEntries(
    given.map(each => {
      const equals = each.indexOf('=')
      if (equals < 1) throw new UsageError(`--option ${each}: write NAME=VALUE`)
      return [each.slice(0, equals), jsonOrText(each.slice(equals + 1))]
    }),
  )
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
