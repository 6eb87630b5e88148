/** Fetching by HTTP from a server on the loopback: what is taken, what is not sent again, and what is no list. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { download, MAX_LIST_OCTETS, readHostFile } from '../../../../services/policy-lists/download.ts'
import { ListDirectory } from '../../../../services/storage/list-files.ts'
import { temporaryDirectory } from '../../../support/storage.ts'

async function served(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  }))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`
}

const textOf = async (url: string): Promise<string> => {
  const fetched = await download(url, undefined)
  if (!fetched.ok) return fetched.error
  return fetched.value.kind === 'content' ? Buffer.from(fetched.value.content).toString() : fetched.value.kind
}

describe('by HTTP', () => {
  test('the content with what is to be said next time, and nothing when it is the same', async () => {
    const asked: unknown[] = []
    const url = await served(({ headers }, response) => {
      asked.push([headers['if-none-match'], headers['if-modified-since'], headers['user-agent']])
      if (headers['if-none-match'] === '"1"') response.writeHead(304).end()
      else response.writeHead(200, { etag: '"1"', 'last-modified': 'Sun, 22 Nov 2026 03:11:00 GMT' }).end('ads.example\n')
    })
    const validators = { etag: '"1"', lastModified: 'Sun, 22 Nov 2026 03:11:00 GMT' }
    expect(await download(url, undefined)).toMatchObject({ ok: true, value: { kind: 'content', validators } })
    expect(await download(url, validators)).toEqual({ ok: true, value: { kind: 'unchanged' } })
    expect(asked).toEqual([[undefined, undefined, 'Taproot'], ['"1"', validators.lastModified, 'Taproot']])
  })

  test('packed on the way, or as it lies there', async () => {
    const packed = gzipSync('ads.example\n')
    expect(await textOf(await served((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)))).toBe('ads.example\n')
    expect(await textOf(await served((_, response) => response.writeHead(200).end(packed)))).toBe('ads.example\n')
    expect(await textOf(await served((_, response) => response.writeHead(200).end(packed.subarray(0, 15))))).toBe('it is packed wrongly')
  })

  test.each<[string, string | undefined, string]>([
    ['a few times', '/list?4', 'ads.example'],
    ['in a circle', '/list?99', 'it leads elsewhere more than 5 times'],
    ['to a file', 'file:///etc/passwd', 'it leads to file://, which is not followed'],
    ['nowhere', undefined, 'it leads elsewhere without saying where'],
  ])('what leads elsewhere: %s', async (_, location, expected) => {
    const url = await served(({ url: asked }, response) => {
      const left = Number(asked?.split('?')[1] ?? Number.NaN)
      if (left === 0) response.writeHead(200).end('ads.example')
      else response.writeHead(302, Number.isNaN(left) ? (location === undefined ? {} : { location }) : { location: `/list?${left - 1}` }).end('moved')
    })
    expect(await textOf(url)).toBe(expected)
  })

  test.each<[string, RequestListener, string | RegExp]>([
    ['not there', (_, response) => response.writeHead(404).end('no'), 'it answers 404'],
    ['empty', (_, response) => response.writeHead(200).end(), 'it is empty'],
    ['a page to log in at', (_, response) => response.writeHead(200).end('\n<!DOCTYPE HTML><p>hello'), 'it is a web page and no list'],
    ['broken off', (_, response) => response.writeHead(200, { 'content-length': 100 }).write('ads', () => response.destroy()), /terminated|other side closed|no connection/],
  ])('no list: %s', async (_, answer, expected) => {
    expect(await textOf(await served(answer))).toMatch(expected)
  })

  test('one without end is left in time, packed or not', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a.example\n')
    const endless: RequestListener = (_, response) => {
      const more = (): void => {
        while (response.write(piece)) if (response.destroyed) return
      }
      response.on('drain', more)
      more()
    }
    expect(await textOf(await served(endless))).toBe('it is larger than 64 MiB')
    const bomb = gzipSync(Buffer.alloc(MAX_LIST_OCTETS + 1))
    expect(await textOf(await served((_, response) => response.writeHead(200).end(bomb)))).toBe('it is larger than 64 MiB')
  })

  test('nobody there', async () => {
    expect(await textOf('http://127.0.0.1:1/list')).toMatch(/^(no connection|bad port)/)
  })
})

test('a file of the host: a regular one, of a bearable size', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'list'), 'ads.example\n', { mode: 0o644 })
  writeFileSync(join(directory, 'secret'), 'root:x\n', { mode: 0o640 })
  // Whatever the umask is.
  chmodSync(join(directory, 'list'), 0o644)
  mkdirSync(join(directory, 'sub'))
  const read = async (name: string): Promise<string> => {
    const file = await readHostFile(join(directory, name))
    return file.ok ? Buffer.from(file.value).toString() : file.error
  }
  expect([await read('list'), await read('none'), await read('sub'), await read('secret')]).toEqual([
    'ads.example\n', 'it cannot be read (ENOENT)', 'it is not a file', 'it is not readable by everybody (chmod o+r)',
  ])
})

test('the directory of lists: written aside and renamed, readable by the owner alone, and swept', async () => {
  const directory = temporaryDirectory()
  const files = new ListDirectory(directory)
  expect(await files.read('ads')).toBeUndefined()
  await files.write('ads', Buffer.from('one'))
  await files.write('ads', Buffer.from('two'))
  await files.write('other', Buffer.from('x'))
  writeFileSync(join(directory, 'lists', 'ads.new~'), 'cut off by a crash')
  writeFileSync(join(directory, 'lists', 'README'), 'of a person')
  await files.keepOnly(new Set(['ads']))
  expect([Buffer.from((await files.read('ads')) ?? []).toString(), await files.read('other'), await files.read('ads.new~')]).toEqual(['two', undefined, undefined])
  expect(Buffer.from((await files.read('README')) ?? []).toString()).toBe('of a person')
})
