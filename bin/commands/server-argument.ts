import { UsageError } from './command.ts'

/** Another DNS server: "10.53.0.9", "10.53.0.9#5353", or with a TSIG key "10.53.0.9,transfer.lab.internal". */
export function server(given: string, usualPort = 53): { readonly address: string; readonly port: number; readonly key: string | null } {
  const [where = '', key] = given.split(',')
  const [address = '', port = String(usualPort)] = where.split('#')
  if (!/^\d+$/.test(port)) throw new UsageError(`${given}: ${port} is not a port`)
  return { address, port: Number(port), key: key ?? null }
}

/** The value of a switch that can also stay as it is. */
export function yesOrNo(given: string | undefined): boolean | undefined {
  if (given === undefined) return undefined
  if (given !== 'yes' && given !== 'no') throw new UsageError(`say yes or no, not ${given}`)
  return given === 'yes'
}
