/**
 * SHELL: the certificate that the TLS servers show: a given one, else one by an authority of the appliance's own, made at
 * the first start and anew before it ends. All of it lies below the data directory, readable for its owner alone, a key
 * and its certificates in one PEM file, so that they are replaced together:
 *
 *   tls/authority.pem   the authority, made once; what it may vouch for stands before it
 *   tls/server.pem      the server's certificate by it
 *   tls/given.pem       the one that was given over the API
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { contains, formatIpv4, formatPrefix, type Ipv4, parsePrefix, type Prefix } from '../../stack/index.ts'
import { type Clock, err, ok, type Result, type SecureRandom } from '../../stack/platform/index.ts'
import { type Refusal, refusal } from '../model/index.ts'
import type { FactsOf } from '../events/event.ts'
import type { CERTIFICATE_EVENTS } from './events.ts'
import { type CertificateFacts, factsOfPem, readPair, splitPem } from './key-pair.ts'
import { type KeyPair, makeAuthority, makeServer, type Scope } from './x509.ts'

type Events = typeof CERTIFICATE_EVENTS
export type CertificateEvent = { readonly [Id in keyof Events]: { readonly event: Id; readonly facts: FactsOf<Events[Id]> } }[keyof Events]

export type CertificatesOptions = {
  /** The data directory. */
  readonly directory: string
  readonly clock: Clock
  readonly random: SecureRandom
  /** The appliance's domain; undefined when it has none. */
  readonly domain: string | undefined
  /** Where the appliance itself is. */
  readonly address: Ipv4
  readonly prefix: Prefix
  /** Files of the host that hold a given certificate, and its key. */
  readonly files: { readonly certificate: string; readonly key: string } | undefined
  readonly say: (event: CertificateEvent) => void
}

export type Shown = { readonly origin: 'made' | 'given' | 'files'; readonly pair: KeyPair; readonly facts: CertificateFacts }

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3650
/** Short, because nobody asks a lab's authority whether it still stands by what it said. */
const SERVER_DAYS = 90
/** Made anew when a third of its time is left, so that an appliance that sleeps for weeks wakes with a good one. */
const SERVER_LEAST_DAYS = 30
/** Clients' clocks may be behind ours. */
const BACKDATE_MS = DAY_MS
/** RFC 1918 and RFC 3927: addresses that mean nothing outside the own network. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'].map((text) => parsePrefix(text) as Prefix)
const SCOPE_LINE = /^Vouches for: (.*)$/m
/** How the appliance is called in its domain. */
export const HOST_NAME = 'taproot'

export class Certificates {
  /** Called when another certificate is to be shown. */
  onChange: (pair: KeyPair) => void = () => {}
  readonly #o: CertificatesOptions
  readonly #directory: string
  #authority: KeyPair & { readonly scope: Scope }
  #shown: Shown
  #more: readonly Ipv4[] = []
  #lastProblem = ''

  /** Throws what the file system says when the directory cannot be written. */
  constructor(options: CertificatesOptions) {
    this.#o = options
    this.#directory = join(options.directory, 'tls')
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    this.#authority = this.#readAuthority() ?? this.#newAuthority('there was none')
    this.#shown = this.#choose()
  }

  get shown(): Shown {
    return this.#shown
  }

  /** The authority's own certificate, PEM, and what it may vouch for. */
  get authority(): { readonly certificate: string; readonly scope: Scope; readonly facts: CertificateFacts } {
    const { certificate, scope } = this.#authority
    return { certificate, scope, facts: factsOfPem(certificate) }
  }

  /** Does what is due: to be called now and then. `addresses`: further ones of the appliance, to be in its certificate. */
  check(addresses: readonly Ipv4[] = this.#more): void {
    this.#more = addresses
    this.#show(this.#choose())
  }

  /** Shows this one from now on, over restarts. Refused while the settings name files. */
  give(pair: KeyPair): Result<Shown, Refusal> {
    if (this.#o.files !== undefined) return err(BY_FILES)
    const judged = judge(pair, this.#o.clock.wallMs())
    if (!judged.ok) return judged
    this.#write('given.pem', pair.key + pair.certificate)
    this.#show({ origin: 'given', pair, facts: judged.value })
    return ok(this.#shown)
  }

  /** Forgets a given one: that of the own authority is shown again. */
  takeBack(): Result<Shown, Refusal> {
    if (this.#o.files !== undefined) return err(BY_FILES)
    rmSync(join(this.#directory, 'given.pem'), { force: true })
    this.#show(this.#choose())
    return ok(this.#shown)
  }

  /** A new key and certificate by the own authority. Refused while a given one is shown. */
  renew(): Result<Shown, Refusal> {
    if (this.#shown.origin !== 'made')
      return err(refusal('conflict', '', 'a given certificate is shown', 'give a new one, or take it back with: taproot certificate remove'))
    this.#show(this.#make('somebody asked for it'))
    return ok(this.#shown)
  }

  #show(shown: Shown): void {
    if (shown.pair.certificate === this.#shown.pair.certificate && shown.pair.key === this.#shown.pair.key) return
    this.#shown = shown
    this.onChange(shown.pair)
  }

  #choose(): Shown {
    return this.#given() ?? this.#made()
  }

  #given(): Shown | undefined {
    const { files, clock } = this.#o
    const text = files === undefined ? this.#read('given.pem') : textOf(files)
    if (text === undefined) return undefined
    const judged = typeof text === 'string' ? judgeText(text, clock.wallMs()) : err(text)
    if (!judged.ok) {
      const { problem } = judged.error
      if (problem !== this.#lastProblem) this.#o.say({ event: 'certificate.unusable', facts: { problem } })
      this.#lastProblem = problem
      return undefined
    }
    this.#lastProblem = ''
    const { pair, facts } = judged.value
    // Undefined while the constructor runs.
    if ((this.#shown as Shown | undefined)?.facts.fingerprint !== facts.fingerprint)
      this.#o.say({ event: 'certificate.given', facts: { names: hostsOf(facts), until: new Date(facts.untilMs).toISOString() } })
    return { origin: files === undefined ? 'given' : 'files', pair, facts }
  }

  /** Of the own authority, as it is or anew. */
  #made(): Shown {
    const because = this.#authorityFault()
    if (because !== undefined) {
      this.#authority = this.#newAuthority(because)
      return this.#make('by the new authority')
    }
    const text = this.#read('server.pem')
    if (text === undefined) return this.#make('there was none')
    const judged = judgeText(text, this.#o.clock.wallMs())
    if (!judged.ok) return this.#make(judged.error.problem)
    const { pair, facts } = judged.value
    if (!pair.certificate.endsWith(this.#authority.certificate)) return this.#make('it was by another authority')
    if (facts.untilMs - this.#o.clock.wallMs() < SERVER_LEAST_DAYS * DAY_MS) return this.#make('the one before ends soon')
    const { names, addresses } = this.#wanted()
    const known = names.every((name) => facts.names.includes(name)) && addresses.every((address) => facts.addresses.includes(address))
    return known ? { origin: 'made', pair, facts } : this.#make('names or addresses have changed')
  }

  #make(because: string): Shown {
    const { names, addresses } = this.#wanted()
    const pair = makeServer(this.#authority, names, addresses, this.#validity(SERVER_DAYS), this.#o.random)
    this.#write('server.pem', pair.key + pair.certificate)
    const facts = factsOfPem(pair.certificate)
    this.#o.say({ event: 'certificate.made', facts: { names: hostsOf(facts), until: new Date(facts.untilMs).toISOString(), because } })
    return { origin: 'made', pair, facts }
  }

  /** The appliance's names and addresses, as far as its authority may vouch for them. */
  #wanted(): { readonly names: readonly string[]; readonly addresses: readonly Ipv4[] } {
    const { domain, address } = this.#o
    const inScope = (a: Ipv4): boolean => this.#authority.scope.prefixes.some((prefix) => contains(prefix, a))
    const addresses = [...new Set([address, ...this.#more])].filter(inScope)
    return { names: domain === undefined ? [] : [`${HOST_NAME}.${domain}`], addresses }
  }

  #scope(): Scope {
    const { domain, prefix } = this.#o
    const covered = PRIVATE.some((each) => each.length <= prefix.length && contains(each, prefix.network))
    // With no domain of its own it may vouch for a name that nobody has, because none at all would mean any.
    return { domains: [domain ?? `${HOST_NAME}.invalid`], prefixes: covered ? PRIVATE : [...PRIVATE, prefix] }
  }

  #authorityFault(): string | undefined {
    // One that begins later is kept: the clock is wrong, and a new one would have to be trusted anew by everybody.
    const { untilMs } = factsOfPem(this.#authority.certificate)
    if (untilMs < this.#o.clock.wallMs() + SERVER_DAYS * DAY_MS) return 'the one before ends soon'
    const { domains, prefixes } = this.#authority.scope
    const scope = this.#scope()
    const covers = scope.domains.every((each) => domains.includes(each)) && scope.prefixes.every((each) => prefixes.map(formatPrefix).includes(formatPrefix(each)))
    return covers ? undefined : 'the appliance’s domain or network has changed'
  }

  #newAuthority(because: string): KeyPair & { readonly scope: Scope } {
    const scope = this.#scope()
    const pair = makeAuthority(scope, this.#validity(AUTHORITY_DAYS), this.#o.random)
    const text = [...scope.domains, ...scope.prefixes.map(formatPrefix)].join(', ')
    this.#write('authority.pem', `Vouches for: ${text}\n${pair.key}${pair.certificate}`)
    this.#o.say({ event: 'certificate.authority-made', facts: { name: factsOfPem(pair.certificate).subject.replace('CN=', ''), scope: text, because } })
    return { ...pair, scope }
  }

  #readAuthority(): (KeyPair & { readonly scope: Scope }) | undefined {
    const text = this.#read('authority.pem')
    const pair = text === undefined ? undefined : splitPem(text)
    if (text === undefined || pair === undefined) return undefined
    const parts = (SCOPE_LINE.exec(text)?.[1] ?? '').split(', ')
    const prefixes = parts.flatMap((part) => parsePrefix(part) ?? [])
    return { ...pair, scope: { domains: parts.filter((part) => parsePrefix(part) === undefined), prefixes } }
  }

  #validity(days: number): { readonly fromMs: number; readonly untilMs: number } {
    const now = this.#o.clock.wallMs()
    return { fromMs: now - BACKDATE_MS, untilMs: now + days * DAY_MS }
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.#directory, name), 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Whole or not at all, and on disk when it returns. */
  #write(name: string, text: string): void {
    const path = join(this.#directory, name)
    const draft = `${path}.new`
    rmSync(draft, { force: true })
    const file = openSync(draft, 'wx', 0o600)
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
    const directory = openSync(this.#directory, 'r')
    fsyncSync(directory)
    closeSync(directory)
  }
}

const BY_FILES = refusal('conflict', '', 'the settings name the files of the certificate', 'replace those files, or leave --tls-certificate and --tls-key out')

/** A pair that can be shown: good by its content, and one that the TLS library takes. */
function judge(pair: KeyPair, nowMs: number): Result<CertificateFacts, Refusal> {
  const read = readPair(pair, nowMs)
  if (!read.ok) return read
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key })
    return read
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return err(refusal('invalid', '/key', `the TLS library refuses it (${why})`, 'use an RSA key of at least 2048 bits, or a P-256 key'))
  }
}

function judgeText(text: string, nowMs: number): Result<{ readonly pair: KeyPair; readonly facts: CertificateFacts }, Refusal> {
  const pair = splitPem(text)
  if (pair === undefined) return err(refusal('invalid', '', 'there is no certificate with its key in it', 'give both as PEM'))
  const judged = judge(pair, nowMs)
  return judged.ok ? ok({ pair, facts: judged.value }) : judged
}

function textOf({ certificate, key }: { readonly certificate: string; readonly key: string }): string | { readonly problem: string } {
  try {
    return `${readFileSync(key, 'utf8')}\n${readFileSync(certificate, 'utf8')}`
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

/** "taproot.lab.internal, 10.53.0.2". */
const hostsOf = ({ names, addresses }: CertificateFacts): string => [...names, ...addresses.map(formatIpv4)].join(', ')
