/** Taproot, Knot, NSD and BIND with the same zones on one bridge, and a host that asks them the same questions. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseZoneFile } from '../../services/dns/index.ts'
import { formatName } from '../../services/dns/wire/name.ts'
import { typeName } from '../../services/dns/wire/type-names.ts'
import { Appliance } from './appliance.ts'
import type { AwkwardZone, Question } from './awkward-zones.ts'
import { difference, told } from './dns-differences.ts'
import type { Told } from './dns-differences.ts'
import { bind, knot, nsd } from './name-servers.ts'
import { Lab, type Host } from './netns.ts'
import { APPLIANCE, BRIDGE } from './world.ts'

const PEERS = [[knot, '10.53.0.3'], [nsd, '10.53.0.4'], [bind, '10.53.0.5']] as const

/** How to ask: the UDP size that EDNS names, none for a query without OPT. */
export type Asking = { readonly transport: 'udp' | 'tcp'; readonly edns?: number; readonly dnssecOk?: true }
/** In the order of the questions; undefined where none came. */
export type Answers = readonly (Told | undefined)[]

function query({ name, type }: Question, { edns, dnssecOk }: Asking): string {
  const opt = edns === undefined ? [] : [0, 0, 41, edns >> 8, edns & 255, 0, 0, dnssecOk === true ? 0x80 : 0, 0, 0, 0]
  const header = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, edns === undefined ? 0 : 1]
  return Buffer.from([...header, ...name, type >> 8, type & 255, 0, 1, ...opt]).toString('hex')
}

export const shown = ({ name, type }: Question): string => `${formatName(name)} ${typeName(type)}`

export class BesideOthers {
  readonly #lab: Lab
  readonly #asker: Host
  readonly #questions: readonly Question[]
  readonly #names: { readonly zones: readonly string[]; readonly owners: ReadonlySet<string> }

  private constructor(lab: Lab, asker: Host, zones: readonly AwkwardZone[], questions: readonly Question[]) {
    this.#lab = lab
    this.#asker = asker
    this.#questions = questions
    const owners = zones.flatMap(({ zone, text }) => {
      const parsed = parseZoneFile(text, zone)
      return parsed.ok ? parsed.value.records.map(record => record.name.toLowerCase()) : []
    })
    this.#names = { zones: zones.map(({ zone }) => zone), owners: new Set(owners) }
  }

  /** `prepare` may make other zones of them in a directory, as by signing. */
  static async open(
    written: readonly AwkwardZone[], questions: readonly Question[],
    prepare?: (lan: Host, zones: readonly AwkwardZone[]) => Promise<readonly AwkwardZone[]>,
  ): Promise<BesideOthers> {
    const lab = await Lab.open()
    try {
      const lan = await lab.host('lan')
      await lan.bridge(BRIDGE)
      const zones = (await prepare?.(lan, written)) ?? written
      const files = zones.map(({ zone, text }) => {
        const path = join(lan.directory, `${zone}.zone`)
        writeFileSync(path, text)
        return { zone, path }
      })
      const list = files.map(({ zone, path }) => `${zone}=${path}`).join(',')
      const settings = ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--zone-file', list]
      await Appliance.start(lan, { arguments: settings })
      for (const [server, address] of PEERS) {
        const host = await lab.hostOn(lan, BRIDGE, server.name)
        await host.address('eth0', `${address}/24`)
        await server.start(host, address, files)
      }
      const asker = await lab.hostOn(lan, BRIDGE, 'asker')
      await asker.address('eth0', '10.53.0.50/24')
      return new BesideOthers(lab, asker, zones, questions)
    } catch (error) {
      await lab.close()
      throw error
    }
  }

  /** All questions to us. */
  ours(asking: Asking): Promise<Answers> {
    return this.#ask(APPLIANCE, asking)
  }

  /** Questions to which all others say something else, or two of them the same other thing; with what two said. */
  async differences(ours: Answers, asking: Asking): Promise<readonly string[]> {
    const theirs: Answers[] = []
    for (const [, address] of PEERS) theirs.push(await this.#ask(address, asking))
    return this.#questions.flatMap(({ name, type }, i) => {
      const asked = { name: formatName(name).toLowerCase(), type: typeName(type), ...this.#names }
      const apart = (one: Told | undefined, other: Told | undefined): string | undefined => {
        const nothing = `${formatName(name)}: no answer`
        return one === undefined || other === undefined ? nothing : difference({ ...asked, ours: one, theirs: other })
      }
      const from = theirs.map(answers => ({ told: answers[i], what: apart(ours[i], answers[i]) }))
      const [one, other, third] = from.filter(({ what }) => what !== undefined)
      if (one === undefined || other === undefined) return []
      const agreed = apart(one.told, other.told) === undefined || apart(other.told, one.told) === undefined
      return agreed || third !== undefined ? `${one.what}\n${other.what}` : []
    })
  }

  async #ask(server: string, asking: Asking): Promise<Answers> {
    const input = this.#questions.map(question => query(question, asking)).join('\n')
    const program = [process.execPath, 'test/lab/ask-dns.ts', server, asking.transport]
    const lines = await this.#asker.succeed(program, { input, timeoutMs: 100_000 })
    return lines.trim().split('\n').map(line => told(Buffer.from(line, 'hex')))
  }

  close(): Promise<void> {
    return this.#lab.close()
  }
}
