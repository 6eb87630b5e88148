/** dig, and its output as facts. */
import type { Host } from './netns.ts'

export type DigAnswer = {
  /** "NOERROR", "NXDOMAIN", …; undefined when no answer came. */
  readonly status: string | undefined
  /** "qr aa rd" … */
  readonly flags: readonly string[]
  /** Records as printed, blanks made single: "www.example. 60 IN A 10.0.0.1". */
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  /** rdata of the answer section. */
  readonly data: readonly string[]
  /** The EDNS line of the OPT pseudo-section, undefined without one. */
  readonly edns: string | undefined
  readonly question: string | undefined
  /** Octets. */
  readonly size: number
  /** Milliseconds, as dig measured them. */
  readonly milliseconds: number
  readonly text: string
}

/** Asks `server` once by UDP, without dig's own cookie, which some servers refuse. */
export async function dig(host: Host, server: string, ...query: readonly string[]): Promise<DigAnswer> {
  const argv = ['dig', `@${server}`, '+tries=1', '+time=6', '+nocookie', ...query]
  const { stdout } = await host.run(argv)
  const section = (name: string): readonly string[] =>
    (new RegExp(`;; ${name} SECTION:\\n((?:[^;\\n].*\\n)*)`).exec(stdout)?.[1] ?? '')
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.replaceAll(/\s+/g, ' '))
  const find = (pattern: RegExp): string | undefined => pattern.exec(stdout)?.[1]
  const answer = section('ANSWER')
  return {
    status: find(/status: (\w+)/),
    flags: (find(/;; flags: ([\w ]*);/) ?? '').split(' '),
    answer,
    authority: section('AUTHORITY'),
    additional: section('ADDITIONAL'),
    data: answer.map(line => line.split(' ').slice(4).join(' ')),
    edns: find(/; (EDNS: .*)/),
    question: find(/;; QUESTION SECTION:\n;(\S+)/),
    size: Number(find(/MSG SIZE\s+rcvd: (\d+)/)),
    milliseconds: Number(find(/Query time: (\d+) msec/)),
    text: stdout,
  }
}

/** The answer's rdata, for the many cases in which nothing else matters. */
export const lookUp = async (host: Host, server: string, name: string, type = 'A'): Promise<readonly string[]> =>
  (await dig(host, server, name, type)).data

/** "10.53.0.100" → "100.0.53.10.in-addr.arpa" */
export const reverse = (address: string): string => `${address.split('.').toReversed().join('.')}.in-addr.arpa`
