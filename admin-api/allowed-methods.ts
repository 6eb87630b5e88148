/** Tells a wrong method from a wrong path: fastify answers 404 to both. */
import type { RouteOptions } from 'fastify'

export class AllowedMethods {
  readonly #routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []

  /** For the hook onRoute. */
  add(route: RouteOptions): void {
    const source = route.url
      .split('/')
      .map(part =>
        part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('/')
    this.#routes.push({ pattern: new RegExp(`^${source}$`), methods: [route.method].flat() })
  }

  /** The methods of a path (without the query), for the header Allow; undefined when no route has it. */
  of(path: string): string | undefined {
    const methods = new Set(this.#routes.filter(route => route.pattern.test(path)).flatMap(route => route.methods))
    return methods.size === 0 ? undefined : [...methods].sort().join(', ')
  }
}
