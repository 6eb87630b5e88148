/**
 * A small Internet on a bridge of its own: root, two signed and one unsigned top-level domain and some seventy zones on
 * real NSD, Knot and BIND, beside servers that were written to be difficult (behaviours.ts). All of it is 198.18.0.0/16
 * (RFC 2544: for tests of equipment); zones and addresses are in plan.ts. Resolvers get root hints and a trust anchor.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host, Lab } from '../netns.ts'
import { bind, knot, type NameServer, nsd, type ZoneFile } from '../name-servers.ts'
import type { Program } from '../program.ts'
import { BEHAVIOURS } from './behaviours.ts'
import { STRANGER } from './stranger.ts'
import { ADDRESSES, CLOSED, type PlannedZone, ZONES } from './plan.ts'
import { signZones } from './sign-zones.ts'

const SERVERS: readonly NameServer[] = [nsd, knot, bind]
export const INTERNET_BRIDGE = 'net0'
const TIERS = ['root', 'tld', 'leaf'] as const

export class SmallInternet {
  readonly host: Host
  /** Of the root's servers. */
  readonly rootHints: readonly string[] = ADDRESSES.root
  readonly rootHintsFile: string
  /** "20326 8 2 E06D…", the root's DS records. */
  readonly anchors: readonly string[]
  /** The same as a file of master-file lines. */
  readonly anchorFile: string
  readonly #lab: Lab
  readonly #difficult: Program
  #guests = 0

  private constructor(lab: Lab, host: Host, directory: string, anchors: readonly string[], difficult: Program) {
    this.#lab = lab
    this.host = host
    this.anchors = anchors
    this.#difficult = difficult
    this.rootHintsFile = join(directory, 'root.hints')
    this.anchorFile = join(directory, 'root.anchors')
    const hints = ADDRESSES.root.map((address, i) => {
      const name = `${'abc'[i]}.root-servers.`
      return `. 3600000 IN NS ${name}\n${name} 3600000 IN A ${address}\n`
    })
    writeFileSync(this.rootHintsFile, hints.join(''))
    writeFileSync(this.anchorFile, anchors.map(ds => `. IN DS ${ds}\n`).join(''))
  }

  /** `more` zones beside those of the plan. */
  static async open(lab: Lab, more: readonly PlannedZone[] = []): Promise<SmallInternet> {
    const planned = [...ZONES, ...more]
    const host = await lab.host('internet')
    const directory = join(host.directory, 'zones')
    mkdirSync(directory)
    await host.bridge(INTERNET_BRIDGE)
    const all = [...Object.values(ADDRESSES).flat(), CLOSED, STRANGER, ...BEHAVIOURS.map(({ address }) => address)]
    const input = all.map(address => `address add ${address}/16 dev ${INTERNET_BRIDGE}\n`).join('')
    const [{ paths, anchors }] = await Promise.all([signZones(directory, planned), host.succeed(['ip', '-batch', '-'], { input })])
    const difficult = host.start('difficult', [process.execPath, 'test/lab/internet/difficult-servers.ts'])
    const starting = TIERS.flatMap(tier => SERVERS.map((server, i) => {
      const zones = planned.flatMap(({ zone, tier: own }): readonly ZoneFile[] => {
        const path = paths.get(zone)
        return own === tier && path !== undefined ? [{ zone: zone === '' ? '.' : zone, path }] : []
      })
      return server.start(host, ADDRESSES[tier][i] as string, zones)
    }))
    await Promise.all([...starting, difficult.line(/^ready$/)])
    return new SmallInternet(lab, host, directory, anchors, difficult)
  }

  /** Gives a host a cable into the Internet, with an address of 198.18.255.0/24, which is returned. */
  async connect(guest: Host, device = 'uplink'): Promise<string> {
    const address = `198.18.255.${++this.#guests}`
    await this.#lab.cable(guest, device, this.host, INTERNET_BRIDGE)
    await guest.address(device, `${address}/16`)
    return address
  }

  /** How many queries each difficult server has had since the last call, by zone below gamma. */
  async queries(): Promise<ReadonlyMap<string, number>> {
    const from = this.#difficult.mark()
    this.#difficult.write('\n')
    const line = await this.#difficult.line(/^\{/, from)
    return new Map(Object.entries(JSON.parse(line) as { readonly [zone: string]: number }))
  }
}
