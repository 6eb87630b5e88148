import { UsageError } from './command.ts'

/** Another DNS server: "10.53.0.9", "10.53.0.9#5353", or with a TSIG key "10.53.0.9,transfer.lab.internal". */
export function server(given: string): { readonly address: string; readonly port: number; readonly key: string | null } {
  const [where = '', key] = given.split(',')
  const [address = '', port = '53'] = where.split('#')
  if (!/^\d+$/.test(port)) throw new UsageError(`${given}: ${port} is not a port`)
  return { address, port: Number(port), key: key ?? null }
}
