/** The few pages that need no token: where to go from here, and what a problem means. */
import type { Services } from '../services/index.ts'
import { type Api, API_PREFIX, granted } from './api.ts'
import { PROBLEMS, ProblemError } from './errors.ts'
import { pageCsp } from './headers.ts'

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;' +
  'padding:0 1rem}code{font-family:ui-monospace,monospace}'
const CSP = pageCsp(STYLE)

/** `body` is HTML of ours; nothing in it comes from a request. */
const html = (title: string, body: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${title}</title><style>${STYLE}</style></head><body>\n${body}\n</body></html>\n`

const landing = (version: string): string =>
  html(
    'Taproot',
    `<h1>Taproot ${version}</h1>
<p>DNS and DHCP appliance. This is its administration interface.</p>
<ul>
<li><a href="/docs">The API, to read and to try</a></li>
<li><a href="${API_PREFIX}/openapi.json">The same as an OpenAPI document</a></li>
<li><a href="${API_PREFIX}/health">Health</a></li>
<li><a href="/ca.crt">The certificate of this appliance’s authority</a>, for clients that speak DNS or HTTP to it by TLS</li>
</ul>
<p>Requests need the token from the file <code>token</code> of the data directory:
<code>Authorization: Bearer …</code>. On the command line: <code>taproot help</code>.</p>`,
  )

export function pageRoutes(app: Api, { version, services }: { readonly version: string; readonly services: Services }): void {
  const front = landing(version)
  app.get('/', { config: { access: 'open' }, schema: { hide: true } }, (_request, reply) =>
    reply.header('content-security-policy', CSP).type('text/html; charset=utf-8').send(front),
  )
  // Under the name and type by which systems offer to trust it.
  app.get('/ca.crt', { config: { access: 'open' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/x-x509-ca-cert').send(granted(await services.certificates.authority()).certificate),
  )
  app.get<{ Params: { code: string } }>(
    '/problems/:code',
    { config: { access: 'open' }, schema: { hide: true } },
    (request, reply) => {
      const { code } = request.params
      if (!Object.hasOwn(PROBLEMS, code)) throw new ProblemError('not-found', 'there is no such kind of problem')
      const { status, title, means } = PROBLEMS[code as keyof typeof PROBLEMS]
      const page = html(
        title,
        `<h1>${title}</h1>\n<p>HTTP status ${status}. ${means}</p>\n<p><a href="/">Taproot</a></p>`,
      )
      return reply.header('content-security-policy', CSP).type('text/html; charset=utf-8').send(page)
    },
  )
}
