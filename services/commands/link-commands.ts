/** Whom the stack sees on its links. */
import { formatIpv4, type Stack } from '../../stack/index.ts'
import { type Clock, ok } from '../../stack/platform/index.ts'
import type { Answer, NeighbourView } from '../facade.ts'
import type { LinkSide } from '../network-side.ts'

export type LinkCommandsOptions = { readonly clock: Clock; readonly stack: Stack }

export class LinkCommands implements LinkSide {
  readonly #o: LinkCommandsOptions

  constructor(options: LinkCommandsOptions) {
    this.#o = options
  }

  async neighbours(): Answer<readonly NeighbourView[]> {
    const now = this.#o.clock.now()
    return ok(
      this.#o.stack.interfaces.flatMap((i) =>
        i.neighbours.list().map(({ address, mac, state, expiresAt }) => ({
          interface: i.name,
          address: formatIpv4(address),
          mac: mac ?? null,
          state,
          expiresIn: expiresAt === undefined ? null : Math.max(0, Math.round((expiresAt - now) / 1000)),
        })),
      ),
    )
  }
}
