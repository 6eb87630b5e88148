/** The source as text, for the rules that are tests: files, what they import, their head comments and functions. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
const SKIPPED = new Set(['node_modules', '.git', '.tsbuild', 'bench-results', 'build', 'data'])

export type SourceFile = { readonly path: string; readonly text: string; readonly lines: readonly string[] }
export type SourceFunction = { readonly name: string; readonly line: number; readonly length: number }

/** All files below the repository's root, by paths relative to it. */
export function allPaths(directory = ROOT): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return []
    const path = join(directory, entry.name)
    return entry.isDirectory() ? allPaths(path) : [relative(ROOT, path)]
  })
}

export function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path, text, lines: text.replace(/\n$/, '').split('\n') }
}

/** Specifiers of imports, re-exports, import() and new URL(…, import.meta.url), of ours as paths, of packages as they are. */
export function importsOf(file: SourceFile): readonly string[] {
  const code = withoutComments(file.text)
  const patterns = [/\bfrom '([^']+)'/g, /\bimport '([^']+)'/g, /\bimport\('([^']+)'\)/g, /new URL\('([^']+)', import\.meta\.url\)/g]
  const specifiers = patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] as string))
  return specifiers.map((specifier) => (specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : specifier))
}

export const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/ .*$/gm, '$1')

/** The comment that a file starts with, as one line of text. */
export const headComment = (text: string): string => /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1]?.replace(/\s*\n \* ?/g, ' ').trim() ?? ''

/** Functions and methods with a body of their own lines; their ends are found by indentation, which is uniform here. */
export function functionsOf(file: SourceFile): readonly SourceFunction[] {
  const found: SourceFunction[] = []
  file.lines.forEach((line, i) => {
    const head = /^( *)(?:export )?(?:async )?(?:function\*? (\w+)|(?:const (\w+).* = (?:async )?\(.*\).*=>)|(?:static |override |protected |get |set |async |\*)*(#?\w+)(?:<.*>)?\()/.exec(line)
    const name = head?.[2] ?? head?.[3] ?? head?.[4]
    if (head === null || name === undefined || KEYWORDS.has(name)) return
    const indent = head[1] as string
    // The parameters may go over several lines; an arrow's body that is an expression is no screen full.
    const bodyAt = line.endsWith('{') ? i : /[(,]$/.test(line) ? file.lines.findIndex((l, n) => n > i && l.startsWith(`${indent})`)) : -1
    if (bodyAt < 0 || file.lines[bodyAt]?.endsWith('{') !== true) return
    const end = file.lines.findIndex((l, n) => n > bodyAt && l.startsWith(`${indent}}`))
    if (end > i) found.push({ name, line: i + 1, length: end - i + 1 })
  })
  return found
}
const KEYWORDS = new Set(['if', 'for', 'while', 'switch', 'catch', 'return', 'describe', 'test', 'describeLab', 'expect', 'super', 'assert'])
