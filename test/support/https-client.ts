/** HTTP within TLS against the TLS servers, by either version of HTTP, with what matters of the answers. */
import { request as request1, type OutgoingHttpHeaders } from 'node:http'
import { connect as connect2 } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import type { TlsBench } from './tls-front.ts'

export type Asked = { readonly method?: string; readonly path: string; readonly headers?: OutgoingHttpHeaders; readonly body?: Uint8Array }
export type Answered = { readonly status: number; readonly headers: { readonly [name: string]: unknown }; readonly body: Buffer }
export type Http = '1.1' | '2'

export const ask = (bench: TlsBench, version: Http, asked: Asked): Promise<Answered> =>
  version === '2' ? ask2(bench, asked) : ask1(bench, asked)

function ask1(bench: TlsBench, { method = 'GET', path, headers = {}, body }: Asked): Promise<Answered> {
  const socket = bench.tls(443, { ALPNProtocols: ['http/1.1'] })
  return new Promise((resolve, reject) => {
    const asking = request1(
      { method, path, headers: { host: 'taproot.lab.internal', ...headers }, createConnection: () => socket },
      async (answer) => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) })
        socket.destroy()
      },
    )
    asking.on('error', reject)
    asking.end(body)
  })
}

async function ask2(bench: TlsBench, { method = 'GET', path, headers = {}, body }: Asked): Promise<Answered> {
  const socket = bench.tls(443, { ALPNProtocols: ['h2'] })
  const session = connect2('https://taproot.lab.internal', { createConnection: () => socket })
  const stream = session.request({ ...headers, ':method': method, ':path': path })
  const got = new Promise<Answered['headers']>((resolve, reject) => {
    stream.on('response', resolve)
    stream.on('error', reject)
    session.on('error', reject)
  })
  stream.end(body)
  const told = await got
  const octets = await buffer(stream)
  session.destroy()
  return { status: Number(told[':status']), headers: told, body: octets }
}
