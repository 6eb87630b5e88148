/**
 * SHELL: the unix socket at which guests of QEMU connect. A socket that a program left behind is cleared away, one that
 * somebody listens on is not; who may connect is decided by its mode and by the directory it lies in.
 */
import { chmodSync, chownSync, lstatSync, statSync, unlinkSync } from 'node:fs'
import { createConnection } from 'node:net'
import { dirname } from 'node:path'
import { err } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import { listenForGuests } from './qemu-stream.ts'
import type { GuestPort } from './qemu-stream.ts'
import type { Switch } from './switch.ts'

/** sun_path holds 108 octets, the last of which is 0 (unix(7)). */
export const SOCKET_PATH_BYTES = 107
/** Its owner and its group connect; nobody else. */
const SOCKET_MODE = 0o660
const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

export type GuestSocketOptions = {
  readonly path: string
  /** User id whose socket it is to be; ours when undefined. */
  readonly owner: number | undefined
}
/** In words, with what to do about it. */
export type GuestSocketFault = { readonly problem: string; readonly remedy: string }

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

/** Listens at a path, until the port is closed; then the socket is gone too. */
export async function openGuestSocket(
  bridge: Switch, o: GuestSocketOptions,
): Promise<Result<GuestPort, GuestSocketFault>> {
  const unfit = directoryFault(o.path) ?? (await clear(o.path))
  if (unfit !== undefined) return err(unfit)
  const port = await listenForGuests(o.path, bridge)
  if (!port.ok) {
    return err({
      problem: `the socket ${o.path} cannot be made (${port.error.code})`,
      remedy: 'name a path in a directory that this user can write',
    })
  }
  try {
    chmodSync(o.path, SOCKET_MODE)
    if (o.owner !== undefined) chownSync(o.path, o.owner, -1)
    return port
  } catch (error) {
    port.value.close()
    return err({
      problem: `the socket ${o.path} cannot be given to its owner (${codeOf(error)})`,
      remedy: 'run as root, or leave the owner out',
    })
  }
}

function directoryFault(path: string): GuestSocketFault | undefined {
  const directory = dirname(path)
  try {
    const { mode } = statSync(directory)
    // Whoever may replace the socket would be who the guests talk to.
    if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0) {
      return {
        problem: `everybody may write to the directory ${directory} and replace the socket`,
        remedy: `chmod o-w ${directory}, or name a path in another directory`,
      }
    }
    return undefined
  } catch (error) {
    const problem = `the directory ${directory} cannot be used (${codeOf(error)})`
    return { problem, remedy: 'name a path in a directory that is there' }
  }
}

/** Takes away a socket that nobody listens on. */
async function clear(path: string): Promise<GuestSocketFault | undefined> {
  try {
    if (!lstatSync(path).isSocket()) {
      const problem = `${path} is there already and is no socket`
      return { problem, remedy: 'name another path, or move the file away' }
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    return { problem: `${path} cannot be looked at (${codeOf(error)})`, remedy: 'name a path that this user can reach' }
  }
  if ((await connecting(path)) !== 'ECONNREFUSED') {
    return { problem: `another program listens on the socket ${path}`, remedy: 'stop it, or name another path' }
  }
  try {
    unlinkSync(path)
    return undefined
  } catch (error) {
    const problem = `the stale socket ${path} cannot be removed (${codeOf(error)})`
    return { problem, remedy: 'remove it, or name another path' }
  }
}

/** 'connected', or the errno name of the failure. */
const connecting = (path: string): Promise<string> =>
  new Promise((resolve) => {
    const probe = createConnection(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve('connected')
    })
    probe.once('error', (error) => resolve(codeOf(error)))
  })
