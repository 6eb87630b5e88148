/**
 * What the names of the tests claim: "RFC 1122 §3.2.2, §3.2.3 [C3] never about …" in a describe, a test or a row of its
 * table. A "§" alone counts for the RFC that the describe around it names first.
 */
import { allPaths, readSource, withoutComments } from '../support/source-tree.ts'
import { REQUIREMENTS } from './requirements.ts'

export type Claim = {
  /** From the root: "test/conformance/rfc826-arp/arp.test.ts". */
  readonly path: string
  readonly rfc: number
  /** "3.2.1"; '' for the whole. */
  readonly section: string
}
export type Claims = {
  readonly claims: readonly Claim[]
  /** By id: where it stands, with the RFC and sections of that name. */
  readonly requirements: ReadonlyMap<string, readonly { readonly path: string; readonly says: string }[]>
  /** Ids in names that nobody knows. */
  readonly unknown: readonly string[]
}

const LITERAL = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`$\n]*`/g
const MENTION = /\bRFC (\d+)|§(\d[\d.]*\d|\d)/g
const IDS = /\[((?:[LAICGUTDH]\d+)(?:, ?[LAICGUTDH]\d+)*)\]/g

/** What one name says, given the RFC that stands around it. */
export function mentionsOf(name: string, around: number): readonly Omit<Claim, 'path'>[] {
  const found: { rfc: number; section: string }[] = []
  let rfc = around
  let bare = false
  for (const [, number, section] of name.matchAll(MENTION)) {
    if (number !== undefined) {
      if (bare) found.push({ rfc, section: '' })
      rfc = Number(number)
      bare = true
    } else if (rfc !== 0) {
      found.push({ rfc, section: section as string })
      bare = false
    }
  }
  if (bare) found.push({ rfc, section: '' })
  return found
}

export const idsOf = (name: string): readonly string[] =>
  [...name.matchAll(IDS)].flatMap(([, ids]) => (ids as string).split(/, ?/))

export function readClaims(): Claims {
  const claims = new Map<string, Claim>()
  const requirements = new Map<string, { path: string; says: string }[]>()
  const unknown: string[] = []
  // What reads the claims, and tests the reading, claims nothing itself.
  const isTest = (path: string): boolean =>
    /^test\/.*\.ts$/.test(path) && !path.startsWith('test/docs/') && path !== 'test/tidy.test.ts'
  for (const path of allPaths().filter(isTest).toSorted()) {
    let around = 0
    for (const line of withoutComments(readSource(path).text).split('\n')) {
      const head = /^describe(?:Lab)?\(/.test(line)
      if (head) around = 0
      for (const [literal] of line.matchAll(LITERAL)) {
        const mentions = mentionsOf(literal, around)
        if (head && around === 0) around = mentions[0]?.rfc ?? 0
        for (const mention of mentions) {
          claims.set(`${path} ${mention.rfc} ${mention.section}`, { path, ...mention })
        }
        for (const id of idsOf(literal)) {
          if (!(id in REQUIREMENTS)) unknown.push(`${path}: ${id}`)
          const shown = requirements.get(id) ?? []
          const says = mentions.map(textOf).join(', ')
          if (!shown.some((one) => one.path === path && one.says === says)) shown.push({ path, says })
          requirements.set(id, shown)
        }
      }
    }
  }
  return { claims: [...claims.values()], requirements, unknown }
}

const textOf = ({ rfc, section }: Omit<Claim, 'path'>): string =>
  section === '' ? `RFC ${rfc}` : `RFC ${rfc} §${section}`
const linkOf = (path: string): string =>
  `[${path.replace(/^test\/(conformance\/)?/, '').replace(/(\.test)?\.ts$/, '')}](../${path})`

const bySection = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })

/** docs/rfc.md. */
export function rfcDocument({ claims, requirements }: Claims): string {
  const rows = Object.entries(REQUIREMENTS).map(([id, what]) => {
    const shown = (requirements.get(id) ?? []).map(({ path, says }) => `${says} ${linkOf(path)}`.trimStart())
    return `| ${id} | ${what} | ${shown.join('; ')} |`
  })
  const rfcs = [...new Set(claims.map(({ rfc }) => rfc))].toSorted((a, b) => a - b).map((rfc) => {
    const own = claims.filter((claim) => claim.rfc === rfc)
    const named = own.map(({ section }) => section).filter((section) => section !== '')
    const sections = [...new Set(named)].toSorted(bySection)
    const paths = [...new Set(own.map(({ path }) => path))].toSorted()
    const link = `[${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc})`
    return `| ${link} | ${sections.join(', ')} | ${paths.map(linkOf).join(', ')} |`
  })
  return `# What is claimed, and which tests show it

Made from the names of the tests by \`npm run docs:rfc\`; do not edit. A test fails when it is out of date.

## The stack, by requirement

| id | what | shown by |
|---|---|---|
${rows.join('\n')}

## By RFC

| RFC | sections | tests |
|---|---|---|
${rfcs.join('\n')}
`
}
