/**
 * SHELL: private keys at rest. They are encrypted with AES-256-GCM under a key of 32 random octets, which is the file
 * signing.key in the data directory (mode 0600): who gets the database, or a backup of it, has no private key.
 *
 *   sealed: nonce 12 octets | tag 16 octets | ciphertext
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result, type SecureRandom } from '../../stack/platform/index.ts'

export const KEY_FILE = 'signing.key'
const KEY_OCTETS = 32
const NONCE_OCTETS = 12
const TAG_OCTETS = 16

/** Encrypts and decrypts; `about` is not secret, and what was sealed opens with the same only. */
export interface Sealing {
  /** `first`: nothing that is sealed is kept, so that the key may be made. */
  seal(secret: Uint8Array, about: Uint8Array, first: boolean): Result<Uint8Array, string>
  open(sealed: Uint8Array, about: Uint8Array): Result<Uint8Array, string>
}

/** The file is read when it is needed first. */
export class KeyFile implements Sealing {
  readonly #path: string
  readonly #random: SecureRandom
  #key: Uint8Array | undefined

  constructor(directory: string, random: SecureRandom) {
    this.#path = join(directory, KEY_FILE)
    this.#random = random
  }

  seal(secret: Uint8Array, about: Uint8Array, first: boolean): Result<Uint8Array, string> {
    const key = this.#load(first)
    return key.ok ? ok(seal(key.value, this.#random, secret, about)) : key
  }

  open(sealed: Uint8Array, about: Uint8Array): Result<Uint8Array, string> {
    const key = this.#load(false)
    return key.ok ? unseal(key.value, sealed, about) : key
  }

  #load(make: boolean): Result<Uint8Array, string> {
    if (this.#key !== undefined) return ok(this.#key)
    try {
      const key = readFileSync(this.#path)
      if (key.length !== KEY_OCTETS) return err(`${this.#path} has ${key.length} octets and not ${KEY_OCTETS}`)
      this.#key = key
      return ok(key)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'ENOENT' && make) return this.#make()
      return err(`${this.#path} cannot be read (${code})`)
    }
  }

  #make(): Result<Uint8Array, string> {
    const key = new Uint8Array(KEY_OCTETS)
    this.#random.fill(key)
    try {
      const file = openSync(this.#path, 'wx', 0o600)
      writeSync(file, key)
      fsyncSync(file)
      closeSync(file)
    } catch (error) {
      return err(`${this.#path} cannot be made (${(error as NodeJS.ErrnoException).code})`)
    }
    this.#key = key
    return ok(key)
  }
}

function seal(key: Uint8Array, random: SecureRandom, secret: Uint8Array, about: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(NONCE_OCTETS)
  random.fill(nonce)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(about)
  const hidden = Buffer.concat([cipher.update(secret), cipher.final()])
  return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), hidden]))
}

function unseal(key: Uint8Array, sealed: Uint8Array, about: Uint8Array): Result<Uint8Array, string> {
  if (sealed.length < NONCE_OCTETS + TAG_OCTETS) return err('it is cut off')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_OCTETS))
    decipher.setAAD(about)
    decipher.setAuthTag(sealed.subarray(NONCE_OCTETS, NONCE_OCTETS + TAG_OCTETS))
    return ok(new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(NONCE_OCTETS + TAG_OCTETS)), decipher.final()])))
  } catch {
    return err(`it was encrypted with another ${KEY_FILE}, or is damaged`)
  }
}
