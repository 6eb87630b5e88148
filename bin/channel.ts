/** SHELL: one thread's commands carried to another over a message port, answered by number. */
import { err, type Result } from '../stack/platform/index.ts'
import { type NetworkSide, NETWORK_COMMANDS } from '../services/network-side.ts'
import { type Refusal, refusal } from '../services/index.ts'

export type CallMessage = { readonly call: number; /** "dns.addZone" */ readonly command: string; readonly args: readonly unknown[] }
export type AnswerMessage = { readonly answer: number; readonly result: Result<unknown, Refusal> }

/** Where messages go: a worker, or a port. */
type Postable = { postMessage(message: unknown): void }

/** Commands waiting for an answer at most; a person's requests, so a thousand is a runaway script. */
const MAX_CALLS = 1_000
const AWAY = refusal('unavailable', '', 'the network worker is restarting or busy', 'try again in a second')

/** The caller's end. `port` may be replaced when the worker is; calls under way are then refused as unavailable. */
export class NetworkCaller {
  readonly #waiting = new Map<number, (result: Result<unknown, Refusal>) => void>()
  #next = 1
  #port: Postable | undefined
  /** Every command as a method that returns a promise. */
  readonly network: NetworkSide

  constructor() {
    const parts = Object.entries(NETWORK_COMMANDS).map(([part, commands]) => {
      const methods = commands.map((command) => [command, (...args: readonly unknown[]) => this.#call(`${part}.${command}`, args)])
      return [part, Object.fromEntries(methods)]
    })
    this.network = Object.fromEntries(parts) as NetworkSide
  }

  connect(port: Postable | undefined): void {
    this.#port = port
    for (const settle of this.#waiting.values()) settle(err(AWAY))
    this.#waiting.clear()
  }

  receive(message: AnswerMessage): void {
    const settle = this.#waiting.get(message.answer)
    this.#waiting.delete(message.answer)
    settle?.(message.result)
  }

  #call(command: string, args: readonly unknown[]): Promise<Result<unknown, Refusal>> {
    const port = this.#port
    if (port === undefined || this.#waiting.size >= MAX_CALLS) return Promise.resolve(err(AWAY))
    const call = this.#next++
    return new Promise((resolve) => {
      this.#waiting.set(call, resolve)
      port.postMessage({ call, command, args } satisfies CallMessage)
    })
  }
}

/** The worker's end: runs a command and gives what to post back. */
export async function answerCall(network: NetworkSide, message: CallMessage): Promise<AnswerMessage> {
  const [part, name] = message.command.split('.') as [keyof NetworkSide, string]
  const side = network[part] as unknown as { readonly [name: string]: (...args: readonly unknown[]) => Promise<Result<unknown, Refusal>> }
  return { answer: message.call, result: await (side[name] as (typeof side)[string]).apply(side, [...message.args]) }
}
