/**
 * What validation costs the thread that answers packets: answers of one zone whose keys are known, once with arithmetic that
 * takes no time, and signatures by algorithm, given to the pool of threads as the appliance does: time of this thread, and
 * of all. Prints and never fails. Run: node test/bench/micro/dns-validation.ts
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SignatureVerifier } from '../../../services/dns-verify.ts'
import type { Finding } from '../../../services/dns/resolver/finding.ts'
import { Budget } from '../../../services/dns/resolver/source.ts'
import { keyOf } from '../../../services/dns/wire/name.ts'
import { typeCode } from '../../../services/dns/wire/type-names.ts'
import { signingKey, signingOf } from '../../support/dnssec.ts'
import { SignedWorld } from '../../support/validation.ts'

const line = (what: string, ...figures: readonly string[]): void => console.log(what.padEnd(44), ...figures.map((figure) => figure.padStart(16)))
const micros = (ms: number, count: number): string => `${((1000 * ms) / count).toFixed(1)} µs`

function validations(denial: 'nsec' | 'nsec3'): void {
  const signing = signingOf({ denial, keys: [signingKey(13)] })
  const world = new SignedWorld({ '.': { text: '', signing }, com: { text: '', signing }, 'example.com': { text: 'www A 192.0.2.1\n*.w A 192.0.2.2', signing } }, { verify: (_algorithm, _key, _data, _signature, done) => done(true) })
  for (const question of ['www.example.com A', 'www.example.com AAAA', 'nope.example.com A', 'q.w.example.com A']) {
    const [text, type] = question.split(' ') as [string, string]
    const [key, code] = [keyOf(text), typeCode(type) as number]
    const finding = world.ask(key, code) as Finding
    const times: number[] = []
    for (let round = 0; round < 5; round++) {
      const start = performance.now()
      for (let i = 0; i < 20_000; i++) world.validator.validate(finding, { partition: 0, key, type: code, budget: new Budget(), depth: 0, trace: undefined }, () => {})
      times.push(performance.now() - start)
    }
    line(`validated, arithmetic aside: ${question} (${denial})`, micros(times.sort((a, b) => a - b)[2] as number, 20_000))
  }
}

/** Public key and signature as DNSKEY and RRSIG have them. */
function signed(algorithm: number, data: Uint8Array): { readonly key: Uint8Array; readonly signature: Uint8Array } {
  const pairs: { readonly [algorithm: number]: () => { readonly publicKey: KeyObject; readonly privateKey: KeyObject } } = {
    8: () => generateKeyPairSync('rsa', { modulusLength: 2048 }), 10: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    13: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 14: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    15: () => generateKeyPairSync('ed25519'), 16: () => generateKeyPairSync('ed448'),
  }
  const pair = pairs[algorithm]?.()
  if (pair === undefined) throw new Error(`no algorithm ${algorithm}`)
  const jwk = pair.publicKey.export({ format: 'jwk' })
  const part = (text: string | undefined): Uint8Array => Buffer.from(text ?? '', 'base64url')
  const key = jwk.kty === 'RSA' ? Buffer.concat([Uint8Array.of(part(jwk.e).length), part(jwk.e), part(jwk.n)]) : Buffer.concat([part(jwk.x), part(jwk.y)])
  const hash = { 8: 'sha256', 10: 'sha512', 13: 'sha256', 14: 'sha384' }[algorithm] ?? null
  return { key, signature: sign(hash, data, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }) }
}

async function pooled(algorithm: number): Promise<void> {
  const data = new Uint8Array(120)
  const { key, signature } = signed(algorithm, data)
  const verifier = new SignatureVerifier()
  const count = 4000
  const all = (): Promise<unknown> => Promise.all(Array.from({ length: count }, () => new Promise((resolve) => verifier.verify(algorithm, key, data, signature, resolve))))
  await all()
  const [own, start] = [process.threadCpuUsage(), performance.now()]
  await all()
  const { user, system } = process.threadCpuUsage(own)
  line(`signature, algorithm ${algorithm}`, `${micros((user + system) / 1000, count)} here`, `${micros(performance.now() - start, count)} in all`)
}

validations('nsec')
validations('nsec3')
for (const algorithm of [8, 10, 13, 14, 15, 16]) await pooled(algorithm)
