/**
 * SHELL: fetches the content of a list by http or https, through the host. Bounded in time, octets and redirects; what is
 * as it was is not sent again (RFC 9110 §13.1). An answer that is no list (an error, a web page) is a failure, so that the
 * old content stays.
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { err, ok, type Result } from '../../stack/platform/index.ts'

/** The largest lists that are about have 40 MB. */
export const MAX_LIST_OCTETS = 64 * 1024 * 1024
const FETCH_TIMEOUT_MS = 60_000
const MOST_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** What is known of the content that is here. */
export type Validators = { readonly etag: string | undefined; readonly lastModified: string | undefined }
export type Fetched =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'content'; readonly content: Uint8Array; readonly validators: Validators }

const inflate = promisify(gunzip)

export type Download = (url: string, known: Validators | undefined) => Promise<Result<Fetched, string>>

/** Fetches; an error is why not, as a sentence's end: "it answers 404". */
export const download: Download = async (url, known) => {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  try {
    const response = await follow(new URL(url), known, signal)
    return response.ok ? await contentOf(response.value, signal) : response
  } catch (error) {
    return err(reasonOf(error))
  }
}

async function follow(first: URL, known: Validators | undefined, signal: AbortSignal): Promise<Result<Response, string>> {
  const headers = {
    'user-agent': 'Taproot', accept: 'text/plain, */*;q=0.5',
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  }
  let url = first
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    if (!REDIRECTS.has(response.status)) return ok(response)
    await response.body?.cancel()
    const location = response.headers.get('location')
    if (location === null || !URL.canParse(location, url.href)) return err('it leads elsewhere without saying where')
    const next = new URL(location, url)
    if (next.protocol !== 'https:' && (next.protocol !== 'http:' || url.protocol === 'https:')) return err(`it leads to ${next.protocol}//${next.host}, which is not followed`)
    url = next
  }
  return err(`it leads elsewhere more than ${MOST_REDIRECTS} times`)
}

async function contentOf(response: Response, signal: AbortSignal): Promise<Result<Fetched, string>> {
  const { body, headers, status } = response
  if (status === 304) return ok({ kind: 'unchanged' })
  if (status !== 200 || body === null) {
    await body?.cancel()
    return err(`it answers ${status}`)
  }
  const pieces: Uint8Array[] = []
  let octets = 0
  for await (const piece of body) {
    octets += piece.length
    signal.throwIfAborted()
    if (octets > MAX_LIST_OCTETS) return err(TOO_LARGE)
    pieces.push(piece)
  }
  const content = await plain(Buffer.concat(pieces, octets))
  if (!content.ok) return content
  const validators = { etag: headers.get('etag') ?? undefined, lastModified: headers.get('last-modified') ?? undefined }
  return ok({ kind: 'content', content: content.value, validators })
}

const TOO_LARGE = `it is larger than ${MAX_LIST_OCTETS / (1024 * 1024)} MiB`

/** A list that is kept as a .gz file is unpacked; a page for people is none. */
async function plain(content: Uint8Array): Promise<Result<Uint8Array, string>> {
  const packed = content[0] === 0x1f && content[1] === 0x8b
  try {
    const text = packed ? await inflate(content, { maxOutputLength: MAX_LIST_OCTETS }) : content
    if (text.length === 0) return err('it is empty')
    const begin = Buffer.from(text.subarray(0, 64)).toString('latin1').trimStart().toLowerCase()
    return begin.startsWith('<!doctype') || begin.startsWith('<html') ? err('it is a web page and no list') : ok(text)
  } catch (error) {
    return err((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? TOO_LARGE : 'it is packed wrongly')
  }
}

export type ReadHostFile = (path: string) => Promise<Result<Uint8Array, string>>

/** A regular file of the host. */
export const readHostFile: ReadHostFile = async (path) => {
  try {
    // A pipe that nobody writes to must not be waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = await file.stat()
      if (!stat.isFile()) return err('it is not a file')
      // What is wrong with a line is shown over the API, which is not to show what only root may read.
      if ((stat.mode & constants.S_IROTH) === 0) return err('it is not readable by everybody (chmod o+r)')
      if (stat.size > MAX_LIST_OCTETS) return err(TOO_LARGE)
      return await plain(await file.readFile())
    } finally {
      await file.close()
    }
  } catch (error) {
    return err(`it cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
  }
}

/** fetch says "fetch failed"; the reason is the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `it took longer than ${FETCH_TIMEOUT_MS / 1000} s`
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return 'code' in cause && typeof cause.code === 'string' ? `no connection (${cause.code})` : cause.message
}
