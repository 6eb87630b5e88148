/** The rules of the house that a compiler does not know. Each failure names the file, and the line where there is one. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EVENTS } from '../services/events/catalogue.ts'
import { COUNTER_NAME } from '../stack/platform/index.ts'
import { idsOf, mentionsOf, readClaims, rfcDocument } from './docs/claims.ts'
import { REQUIREMENTS } from './docs/requirements.ts'
import { allPaths, functionsOf, headComment, importsOf, readSource, ROOT, withoutComments, type SourceFile } from './support/source-tree.ts'

const PATHS = allPaths()
const SOURCES: readonly SourceFile[] = PATHS.filter((path) => path.endsWith('.ts')).map(readSource)
const PROGRAM = SOURCES.filter((file) => !file.path.startsWith('test/'))

/** Folders from the bottom up, and the faces through which each sees those below; undefined sees everything. */
const LAYERS: readonly { readonly folder: string; readonly faces: readonly string[] | undefined }[] = [
  { folder: 'stack/platform/', faces: [] },
  { folder: 'stack/', faces: ['stack/platform/index.ts'] },
  { folder: 'services/', faces: ['stack/index.ts', 'stack/platform/index.ts'] },
  { folder: 'admin-api/', faces: ['services/index.ts', 'stack/index.ts', 'stack/platform/index.ts'] },
  { folder: 'bin/', faces: undefined },
  { folder: 'test/', faces: undefined },
]
const layerOf = (path: string) => LAYERS.find(({ folder }) => path.startsWith(folder))
/** Started by people, npm scripts or the test runner, and imported by nobody. */
const isEntry = (path: string): boolean =>
  path.endsWith('.test.ts') || path === 'bin/taproot.ts' || path === 'bin/demo.ts' || path === 'vitest.config.ts' || /^test\/bench\/(micro\/)?[\w-]+\.ts$/.test(path)

/** Lines of `file` that match, as "path:line: text", comments left out. */
function offences(file: SourceFile, pattern: RegExp): readonly string[] {
  const code = withoutComments(file.text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))).split('\n')
  return code.flatMap((line, i) => (pattern.test(line) ? [`${file.path}:${i + 1}: ${line.trim()}`] : []))
}

const withoutStrings = (file: SourceFile): SourceFile => ({ ...file, text: file.text.replace(/'(?:[^'\\\n]|\\.)*'/g, "''") })

describe('layers', () => {
  test('every source file lies in one', () => {
    expect(SOURCES.filter((file) => layerOf(file.path) === undefined && !isEntry(file.path)).map((file) => file.path)).toEqual([])
  })

  test('an import goes to the own layer, or to the face of one below', () => {
    const wrong = PROGRAM.flatMap((file) => {
      const layer = layerOf(file.path)
      if (layer?.faces === undefined) return []
      const ours = importsOf(file).filter((target) => target.endsWith('.ts'))
      return ours.filter((target) => layerOf(target) !== layer && layer.faces?.includes(target) === false).map((target) => `${file.path} imports ${target}`)
    })
    expect(wrong).toEqual([])
  })

  test.each([
    ['better-sqlite3', /^services\/storage\//],
    ['fastify', /^(admin-api|bin)\//],
    ['pino', /^bin\//],
  ])('%s is used in its own place only', (name, place) => {
    const typesToo = PROGRAM.filter((file) => importsOf(file).some((target) => target === name || target.startsWith(`${name}/`)))
    expect(typesToo.filter((file) => !place.test(file.path)).map((file) => file.path)).toEqual([])
  })
})

describe('time, chance and sockets come in through the door', () => {
  const SOURCES_OF_THEIR_OWN = /\b(Date\.now|Math\.random|performance\.now)\b|\bnew Date\(\)|(?<![.\w])set(Timeout|Interval|Immediate)\((?!\w+: )|^import (?!type\b).*'node:(net|dgram|tls|dns)'/
  const isShell = (file: SourceFile): boolean =>
    file.path.startsWith('stack/platform/') || file.path.startsWith('stack/link/tap/') || file.path.startsWith('bin/') || headComment(file.text).includes('SHELL')

  test('outside the platform, drivers and shells nothing reads a clock, draws a number or opens a socket', () => {
    expect(PROGRAM.filter((file) => !isShell(file)).flatMap((file) => offences(file, SOURCES_OF_THEIR_OWN))).toEqual([])
  })

  test('a test waits for what it waits for: none but the lab sleeps', () => {
    const cores = SOURCES.filter((file) => file.path.startsWith('test/') && !/^test\/(lab|bench)\//.test(file.path) && file.path !== 'test/tidy.test.ts')
    expect(cores.flatMap((file) => offences(file, /(?<![.\w])setTimeout\((?!\w+: )|timers\/promises/))).toEqual([])
  })
})

describe('types', () => {
  test('no any, nothing hidden from the compiler', () => {
    const pattern = /(:|\bas|<|\|) any\b|\bany\[\]|<any>/
    const others = SOURCES.filter((file) => file.path !== 'test/tidy.test.ts')
    expect(others.map(withoutStrings).flatMap((file) => offences(file, pattern))).toEqual([])
    expect(others.filter((file) => /@ts-(ignore|nocheck|expect-error)/.test(file.text)).map((file) => file.path)).toEqual([])
  })

  test('no default exports, enums, namespaces or parameter properties', () => {
    const ours = SOURCES.filter((file) => file.path !== 'vitest.config.ts')
    expect(ours.flatMap((file) => offences(file, /^export default|^\s*(export )?(const )?enum \w|^\s*(export )?namespace \w|constructor\((public|private|protected|readonly) /))).toEqual([])
  })
})

describe('nothing is left lying about', () => {
  test('every file is used by another', () => {
    const used = new Set(SOURCES.flatMap(importsOf))
    // A worker, a driver or a script may be named by its path, or by its name in quotes.
    const texts = PATHS.filter((path) => /\.(ts|md|sh|json)$|^bin\//.test(path)).map(readSource)
    const named = (path: string): boolean => texts.some((other) => other.path !== path && (other.text.includes(path) || other.text.includes(`'${basename(path)}'`)))
    const idle = SOURCES.filter((file) => !isEntry(file.path) && !used.has(file.path) && !named(file.path))
    expect(idle.map((file) => file.path)).toEqual([])
  })

  test('no mark says that something is still to do', () => {
    const others = SOURCES.filter((file) => file.path !== 'test/tidy.test.ts')
    expect(others.filter((file) => /\b(TODO|FIXME|XXX|HACK)\b/.test(file.text)).map((file) => file.path)).toEqual([])
  })

  test('no test is skipped or runs alone', () => {
    const tests = SOURCES.filter((file) => file.path.startsWith('test/') && file.path !== 'test/lab/available.ts' && file.path !== 'test/tidy.test.ts')
    expect(tests.flatMap((file) => offences(file, /\b(test|describe|it)\.(skip|only|todo)\b/))).toEqual([])
  })
})

describe('sizes', () => {
  test('a file has at most 600 lines', () => {
    expect(SOURCES.filter((file) => file.lines.length > 600).map((file) => `${file.path}: ${file.lines.length} lines`)).toEqual([])
  })

  test('a function has at most 100', () => {
    const long = PROGRAM.flatMap((file) => functionsOf(file).filter((f) => f.length > 100).map((f) => `${file.path}:${f.line}: ${f.name} has ${f.length} lines`))
    expect(long).toEqual([])
  })

  test('the functions of a file are found', () => {
    const lengths = new Map(functionsOf(readSource('stack/platform/clock.ts')).map((f) => [f.name, f.length]))
    expect([lengths.get('runUntil'), lengths.get('#pop'), lengths.get('at')]).toEqual([4, 17, 9])
  })
})

test('a HOT PATH file names a benchmark that there is', () => {
  const scripts = Object.keys((JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly scripts: object }).scripts)
  const unwatched = PROGRAM.filter((file) => headComment(file.text).startsWith('HOT PATH')).flatMap((file) => {
    const head = headComment(file.text)
    const files = [...head.matchAll(/test\/bench\/[\w/.-]+\.ts/g)].map((match) => match[0])
    const commands = [...head.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] as string)
    const missing = [...files.filter((path) => !PATHS.includes(path)), ...commands.filter((script) => !scripts.includes(script))]
    return files.length + commands.length === 0 ? [`${file.path} names none`] : missing.map((name) => `${file.path} names ${name}`)
  })
  expect(unwatched).toEqual([])
})

describe('what the tests claim', () => {
  const claims = readClaims()

  test('docs/rfc.md says it: else `npm run docs:rfc`', () => {
    expect(readFileSync(join(ROOT, 'docs/rfc.md'), 'utf8')).toBe(rfcDocument(claims))
  })

  test('each requirement of the stack has a test that carries its id, and no other ids are in use', () => {
    expect(Object.keys(REQUIREMENTS).filter((id) => !claims.requirements.has(id))).toEqual([])
    expect(claims.unknown).toEqual([])
  })

  test('names are read: an RFC, its sections, and those of the RFC around', () => {
    expect(mentionsOf('RFC 791 §3.1, §3.2 and RFC 815 both', 0)).toEqual([
      { rfc: 791, section: '3.1' }, { rfc: 791, section: '3.2' }, { rfc: 815, section: '' },
    ])
    expect(mentionsOf('§5.1 one of the table', 1256)).toEqual([{ rfc: 1256, section: '5.1' }])
    expect(idsOf('RFC 826 [A1, A2] packets')).toEqual(['A1', 'A2'])
  })
})

describe('events', () => {
  const part = [...new Set(Object.keys(EVENTS).map((id) => id.split('.')[0]))].join('|')
  const said = new Map<string, string>()
  for (const file of PROGRAM) {
    // Paths of settings look alike.
    if (file.path === 'services/config/settings.ts') continue
    for (const [, id] of withoutComments(file.text).matchAll(new RegExp(`'((?:${part})(?:\\.[a-z][a-z-]*)+)'(?!:)`, 'g'))) said.set(id as string, file.path)
  }

  test('each that is said is in the catalogue', () => {
    expect([...said].filter(([id]) => EVENTS[id] === undefined).map(([id, path]) => `${path}: ${id}`)).toEqual([])
  })

  test('each in the catalogue is said somewhere', () => {
    expect(Object.keys(EVENTS).filter((id) => !said.has(id))).toEqual([])
  })
})

test('counters are called alike: words in lower case joined by hyphens', () => {
  // Declared as lists of names, or answered by a link as an object.
  const lists = PROGRAM.flatMap((file) => [
    ...[...withoutComments(file.text).matchAll(/\b\w*(?:COUNTERS|COUNTS)\b[^=\n]*= \[([^\]]*)\]/g)].map((match) => [file.path, match[1] as string] as const),
    ...[...withoutComments(file.text).matchAll(/\bcounters\(\): Record<string, number> \{\n\s+return \{([^}]*)\}/g)].map((match) => [file.path, (match[1] as string).replaceAll(/(?<=^|\n)\s*(\w+):/g, "'$1'")] as const),
  ])
  expect(lists.length).toBeGreaterThan(10)
  const names = lists.flatMap(([path, list]) => [...list.matchAll(/'([^']+)'/g)].map((match) => [path, match[1] as string] as const))
  expect(names.filter(([, name]) => !COUNTER_NAME.test(name))).toEqual([])
})

test('a migration never changes once it has landed; a new one is added to the list', () => {
  const landed = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/migrations.json'), 'utf8')) as { readonly [path: string]: string }
  const present = PATHS.filter((path) => path.startsWith('migrations/'))
  const sums = present.map((path) => [path, createHash('sha256').update(readFileSync(join(ROOT, path))).digest('hex')] as const)
  expect(Object.fromEntries(sums)).toEqual(landed)
})
