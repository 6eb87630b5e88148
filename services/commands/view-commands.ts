/** The administrator's commands on views, and views as queries are sorted into them: subnets of segments included. */
import { formatPrefix, parsePrefix, type Prefix } from '../../stack/index.ts'
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { MAX_VIEW_PREFIXES, MAX_VIEWS } from '../dns/views/views.ts'
import type { Answer, ViewView } from '../facade.ts'
import { type DhcpConfiguration, type Refusal, refusal, type View, VIEW_NAME } from '../model/index.ts'
import type { ViewSide } from '../network-side.ts'
import { isKnownKey, noKey } from './transfer-commands.ts'
import type { CommandTurns } from './turns.ts'

export type ViewCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly views: readonly View[]
  readonly configuration: () => DhcpConfiguration
  readonly turns: CommandTurns
}

export class ViewCommands implements ViewSide {
  readonly #o: ViewCommandsOptions
  #views: readonly View[]

  constructor(options: ViewCommandsOptions) {
    this.#o = options
    this.#views = options.views
    options.dns.onSubnetsChanged.push(() => this.#compile())
    this.#compile()
  }

  async views(): Answer<readonly ViewView[]> {
    return ok(this.#views.map((view) => this.#view(view)))
  }

  setViews(inputs: readonly ViewView[]): Answer<readonly ViewView[]> {
    return this.#o.turns.take(async () => {
      const read = this.#read(inputs)
      if (!read.ok) return read
      const views = read.value
      const orphan = this.#o.dns.zones.list().find(({ zone }) => zone.view !== undefined && !views.some(({ name }) => name === zone.view))
      if (orphan !== undefined) {
        const { name, view } = orphan.zone
        return err(refusal('conflict', '', `the view ${view} has the zone ${name}`, `keep the view, or remove the zone ${name}@${view} first`))
      }
      const event = { kind: 'event', at: this.#o.clock.wallMs(), event: 'dns.views.changed', facts: { views: views.map(({ name }) => name).join(', ') } } as const
      const stored = await this.#o.turns.store([{ kind: 'views-put', views }, event])
      if (!stored.ok) return stored
      this.#views = views
      this.#compile()
      return ok(views.map((view) => this.#view(view)))
    })
  }

  #compile(): void {
    const { subnets } = this.#o.configuration()
    this.#o.dns.setViews(this.#views.map(({ name, prefixes, segmentIds, keys }) => {
      const ofSegments = subnets.filter(({ segmentId }) => segmentIds.includes(segmentId)).map(({ prefix }) => prefix)
      return { name, keys, prefixes: [...prefixes, ...ofSegments] }
    }))
  }

  #view({ name, prefixes, segmentIds, keys, comment }: View): ViewView {
    const { segments } = this.#o.configuration()
    const names = segments.filter(({ id }) => segmentIds.includes(id)).map((segment) => segment.name)
    return { name, addresses: prefixes.map(formatPrefix), segments: names, keys, comment: comment ?? null }
  }

  #read(inputs: readonly ViewView[]): Result<readonly View[], Refusal> {
    const views: View[] = []
    if (inputs.length > MAX_VIEWS) return err(refusal('invalid', '', `${inputs.length} views are too many`, `use ${MAX_VIEWS} at most`))
    for (const [i, input] of inputs.entries()) {
      const { name } = input
      if (!VIEW_NAME.test(name)) return err(refusal('invalid', `/views/${i}/name`, `"${name}" is no name of a view`, 'at most 32 letters, digits and "-" in lower case, as inside'))
      if (views.some((view) => view.name === name)) return err(refusal('invalid', `/views/${i}/name`, `there are two views ${name}`, 'put what both have into one'))
      const view = this.#readOne(input, `/views/${i}`)
      if (!view.ok) return view
      views.push(view.value)
    }
    const prefixes = views.reduce((sum, view) => sum + view.prefixes.length, 0)
    if (prefixes > MAX_VIEW_PREFIXES) return err(refusal('invalid', '', `${prefixes} prefixes are too many`, `use ${MAX_VIEW_PREFIXES} at most, or shorter ones`))
    return ok(views)
  }

  #readOne({ name, addresses, segments, keys, comment }: ViewView, at: string): Result<View, Refusal> {
    const prefixes: Prefix[] = []
    for (const [i, text] of addresses.entries()) {
      const prefix = parsePrefix(text)
      if (prefix === undefined) return err(refusal('invalid', `${at}/addresses/${i}`, `"${text}" is not a prefix`, 'as 10.53.0.0/24, or 0.0.0.0/0 for everybody'))
      prefixes.push(prefix)
    }
    const known = this.#o.configuration().segments
    const segmentIds: number[] = []
    for (const [i, text] of segments.entries()) {
      const segment = known.find((each) => each.name === text)
      if (segment === undefined) return err(refusal('invalid', `${at}/segments/${i}`, `there is no segment ${text}`, 'list the segments'))
      segmentIds.push(segment.id)
    }
    const unknown = keys.findIndex((key) => !isKnownKey(this.#o.dns, key))
    if (unknown >= 0) return err(noKey(`${at}/keys/${unknown}`, keys[unknown] as string))
    return ok({ name, prefixes, segmentIds, keys, comment: comment ?? undefined })
  }
}
