/** SHELL: one thread's commands carried to another over a message port, answered by number, some of them by a stream. */
import { err, ok, type Result } from '../stack/platform/index.ts'
import { type CompiledList, transferablesOf } from '../services/dns/index.ts'
import { type NetworkSide, NETWORK_COMMANDS, NETWORK_STREAMS } from '../services/network-side.ts'
import { type Refusal, refusal } from '../services/index.ts'
import { MAX_STREAMS, StreamReaders, type StreamReport, type StreamRequest, type StreamSources } from './streams.ts'

export type CallMessage = {
  readonly call: number
  /** "dns.addZone" */ readonly command: string
  readonly args: readonly unknown[]
}
export type AnswerMessage = { readonly answer: number; readonly result: Result<unknown, Refusal> }

/** Where messages go: a worker, or a port. */
type Postable = { postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void }

/** Commands waiting for an answer at most; a person's requests, so a thousand is a runaway script. */
const MAX_CALLS = 1_000
const AWAY = refusal('unavailable', '', 'the network worker is restarting or busy', 'try again in a second')
const BROKEN = refusal('unavailable', '', 'the network worker was restarted, which ended this', 'try again in a second')
const TOO_MANY = refusal(
  'unavailable',
  '',
  `${MAX_STREAMS} pings, traceroutes and captures run already`,
  'end some of them',
)

const isStream = (command: string): boolean =>
  Object.entries(NETWORK_STREAMS).some(([part, names]) => names.some((name: string) => command === `${part}.${name}`))

/** A compiled list may have 50 MB, which are handed over rather than copied. */
const LOAD_LIST = 'lists.loadList'
const handedOver = (command: string, args: readonly unknown[]): readonly ArrayBuffer[] =>
  command === LOAD_LIST ? transferablesOf(args[2] as CompiledList) : []

/** The caller's end. `port` may be replaced when the worker is; calls under way are then refused as unavailable. */
export class NetworkCaller {
  readonly #waiting = new Map<number, (result: Result<unknown, Refusal>) => void>()
  readonly #streams = new StreamReaders()
  #next = 1
  #port: Postable | undefined
  /** Every command as a method that returns a promise. */
  readonly network: NetworkSide

  constructor() {
    const parts = Object.entries(NETWORK_COMMANDS).map(([part, commands]) => {
      const methods = commands.map((name) => {
        const command = `${part}.${name}`
        const call = isStream(command) ? this.#stream.bind(this) : this.#call.bind(this)
        return [name, (...args: readonly unknown[]) => call(command, args)]
      })
      return [part, Object.fromEntries(methods)]
    })
    this.network = Object.fromEntries(parts) as NetworkSide
  }

  connect(port: Postable | undefined): void {
    this.#port = port
    for (const settle of this.#waiting.values()) settle(err(AWAY))
    this.#waiting.clear()
    this.#streams.breakAll(BROKEN)
  }

  receive(message: AnswerMessage | StreamReport): void {
    if ('stream' in message) return this.#streams.receive(message)
    const settle = this.#waiting.get(message.answer)
    this.#waiting.delete(message.answer)
    settle?.(message.result)
  }

  #call(command: string, args: readonly unknown[]): Promise<Result<unknown, Refusal>> {
    return this.#ask(command, args, (result) => result)
  }

  #stream(command: string, args: readonly unknown[]): Promise<Result<unknown, Refusal>> {
    if (this.#streams.size >= MAX_STREAMS) return Promise.resolve(err(TOO_MANY))
    return this.#ask(command, args, (result, id, port) =>
      result.ok ? ok(this.#streams.open(id, (message: StreamRequest) => port.postMessage(message))) : result)
  }

  #ask(
    command: string, args: readonly unknown[],
    answered: (result: Result<unknown, Refusal>, id: number, port: Postable) => Result<unknown, Refusal>,
  ): Promise<Result<unknown, Refusal>> {
    const port = this.#port
    if (port === undefined || this.#waiting.size >= MAX_CALLS) return Promise.resolve(err(AWAY))
    const call = this.#next++
    return new Promise((resolve) => {
      this.#waiting.set(call, (result) => resolve(answered(result, call, port)))
      port.postMessage({ call, command, args } satisfies CallMessage, handedOver(command, args))
    })
  }
}

/** The worker's end: runs a command and gives what to post back. A stream stays here, under the number of its call. */
export async function answerCall(
  network: NetworkSide,
  message: CallMessage,
  streams: StreamSources,
): Promise<AnswerMessage> {
  const [part, name] = message.command.split('.') as [keyof NetworkSide, string]
  const side = network[part] as unknown as {
    readonly [name: string]: (...args: readonly unknown[]) => Promise<Result<unknown, Refusal>>
  }
  const result = await (side[name] as (typeof side)[string]).apply(side, [...message.args])
  if (!result.ok || !isStream(message.command)) return { answer: message.call, result }
  const added = streams.add(message.call, result.value as AsyncIterable<unknown>)
  return { answer: message.call, result: added ? ok(null) : err(TOO_MANY) }
}
