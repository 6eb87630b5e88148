/**
 * A program under test: started, listened to line by line, stopped by its own pid. Everything that runs long is started
 * with a parent-death signal, so that nothing outlives the test process, however that ends.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null }
export type Output = {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}
export type RunOptions = {
  /** What the program reads from standard input; nothing when undefined. */
  readonly input?: string | undefined
  readonly timeoutMs?: number | undefined
  /** Added to the environment. */
  readonly env?: { readonly [name: string]: string } | undefined
}
type Waiter = { readonly matches: (line: string) => boolean; readonly done: (line: string) => void }

/** No program that the tests call takes so long unless it hangs. */
export const RUN_TIMEOUT_MS = 30_000

/** A program may leave processes behind that hold its output open, as dhcpcd does; nothing more comes from them. */
const DRAIN_MS = 250

/** Runs a program to its end. A program that hangs is killed and reported as an error. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [command, ...args] = argv
  if (command === undefined) throw new Error('run() needs a command')
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
    const timeoutMs = options.timeoutMs ?? RUN_TIMEOUT_MS
    let stdout = ''
    let stderr = ''
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    // A program that does not read its input to the end is not the test's fault.
    child.stdin.on('error', () => undefined).end(options.input ?? '')
    child.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (late) reject(new Error(`${argv.join(' ')}: no end after ${timeoutMs} ms\n${stdout}${stderr}`))
      else resolve({ stdout, stderr, code, signal })
    })
  })
}

/** Like run(), but an exit code other than 0 is an error with everything that the program said. */
export async function succeed(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, code, signal } = await run(argv, options)
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${signal ?? `exit code ${code}`}\n${stdout}${stderr}`)
  return stdout
}

/** A program that goes on while the test looks at it. */
export class Program {
  readonly name: string
  /** Settles when the program has ended and its output has been read. */
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #waiters = new Set<Waiter>()
  #partial = { stdout: '', stderr: '' }
  #running = true

  /** @param env added to the environment */
  constructor(name: string, argv: readonly string[], env: { readonly [name: string]: string } = {}) {
    const [command, ...args] = argv
    if (command === undefined) throw new Error('a program needs a command')
    this.name = name
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    child.stdin.on('error', () => undefined)
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#take('stdout', text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#take('stderr', text))
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', () => {
        setTimeout(() => {
          child.stdout.destroy()
          child.stderr.destroy()
        }, DRAIN_MS)
      })
      child.on('close', (code, signal) => {
        this.#running = false
        resolve({ code, signal })
      })
    })
    this.ended.catch(() => (this.#running = false))
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error(`${this.name} did not start`)
    return pid
  }

  get running(): boolean {
    return this.#running
  }

  /** All lines so far, standard output and standard error in the order of their coming. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** How many lines there are now: pass it as `from` to wait for something new. */
  mark(): number {
    return this.#lines.length
  }

  /** Writes to the program's standard input. */
  write(text: string): void {
    this.#child.stdin?.write(text)
  }

  /**
   * The first line, from line number `from` on, that matches; waits for it if need be. The error when it does not come
   * in time, or when the program ends before, holds all that the program said.
   */
  async line(pattern: RegExp, from = 0, timeoutMs = RUN_TIMEOUT_MS): Promise<string> {
    const already = this.#lines.slice(from).find(line => pattern.test(line))
    if (already !== undefined) return already
    let waiter: Waiter | undefined
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<string>((resolve, reject) => {
        const refuse = (why: string): void =>
          reject(new Error(`${this.name}: ${why} while waiting for ${pattern}\n${this.text()}`))
        if (!this.#running) return refuse('has ended')
        waiter = { matches: line => pattern.test(line), done: resolve }
        this.#waiters.add(waiter)
        timer = setTimeout(refuse, timeoutMs, `${timeoutMs} ms passed`)
        this.ended.then(end => refuse(`ended (${end.signal ?? end.code})`), (error: unknown) => refuse(String(error)))
      })
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter)
      clearTimeout(timer)
    }
  }

  /** What it said last, for messages. */
  text(): string {
    return this.#lines.slice(-60).map(line => `  ${this.name}| ${line}`).join('\n')
  }

  /** Writes everything it said to a file, for a look after a failure. */
  save(path: string): void {
    writeFileSync(path, `${this.#lines.join('\n')}\n`)
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#running) this.#child.kill(signal)
  }

  /** SIGTERM, and SIGKILL if it has not ended after `graceMs`. */
  async stop(graceMs = 5_000): Promise<Ended> {
    this.kill('SIGTERM')
    const timer = setTimeout(() => this.kill('SIGKILL'), graceMs)
    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }

  #take(from: 'stdout' | 'stderr', text: string): void {
    const parts = (this.#partial[from] + text).split('\n')
    this.#partial[from] = parts.pop() ?? ''
    for (const line of parts) {
      this.#lines.push(line)
      for (const waiter of this.#waiters) if (waiter.matches(line)) waiter.done(line)
    }
  }
}
