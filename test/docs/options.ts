/** docs/dhcp-options.md: the tables of options as a page, made from the tables. */
import { STANDARD_OPTIONS } from '../../services/dhcp/index.ts'
import type { OptionRow, ValueShape } from '../../services/dhcp/index.ts'

/** What a value of each type looks like in JSON. */
const FORMS: { readonly [Type in OptionRow['type']]: string } = {
  ipv4: '`"10.53.0.1"`',
  'ipv4[]': '`["10.53.0.1", …]`',
  'ipv4-pair[]': '`[["10.0.0.0", "10.53.0.1"], …]`',
  'ipv4-list[]': '`[["10.53.0.1", "10.53.0.2"], …]`',
  ipv6: '`"2001:db8::1"`',
  'ipv6[]': '`["2001:db8::1", …]`',
  bool: '`true`',
  u8: 'a number',
  u16: 'a number',
  u32: 'a number',
  i8: 'a number',
  i32: 'a number',
  'u8[]': '`[1, …]`',
  'u16[]': '`[1, …]`',
  'u32[]': '`[1, …]`',
  seconds: 'seconds',
  text: 'text',
  'text[]': '`["text", …]`',
  'uri[]': '`["https://…", …]`',
  bytes: 'hexadecimal',
  flag: '`true`',
  name: '`"lab.internal"`',
  'name[]': '`["lab.internal", …]`',
  'plain-name[]': '`["lab.internal", …]`',
  'route[]': '`[{"destination": "10.0.0.0/8", "router": "10.53.0.1"}, …]`',
  fqdn: '`{"flags": 5, "name": "host.lab."}`',
  record: '',
  'record[]': '',
  options: '',
  'vendor-options': 'hexadecimal, or `{"pxe": {…}}`',
  'enterprise-options': '`[{"enterprise": 3561, "options": {…}}, …]`',
  'enterprise-classes': '`[{"enterprise": 3561, "classes": ["6162"]}, …]`',
  'user-class': '`["iPXE", …]`, or `"iPXE"`',
  'sip-servers': '`["10.53.0.5", …]`, or `["sip.lab", …]`',
  'resolver[]': '`[{"priority": 1, "name": "dns.lab", "addresses": ["10.53.0.2"], "parameters": "alpn=dot"}, …]`',
}

function form(shape: ValueShape): string {
  if (shape.type === 'options') return `\`{…}\`: ${shape.space ?? ''}, below`
  const fields = shape.fields?.map((field) => `${field.name} (${form(field)})`).join(', ')
  const bounds = [
    ...(shape.min === undefined ? [] : [`at least ${shape.min}`]),
    ...(shape.max === undefined ? [] : [`at most ${shape.max}`]),
    ...(shape.octets === undefined ? [] : [`${shape.octets} octets`]),
  ]
  return [fields === undefined ? FORMS[shape.type] : `an object of ${fields}`, ...bounds].join(', ')
}

function table(space: string | number): string {
  const rows = STANDARD_OPTIONS.rows(space).map(({ name, row }) => {
    const rfc = row.rfc.startsWith('§') ? `RFC 2132 ${row.rfc}` : row.rfc
    return `| ${row.code} | \`${name}\` | ${row.role === 'protocol' ? 'of the protocol; ' : ''}${form(row)} | ${rfc} |`
  })
  return `| code | name | value | source |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

export function optionsDocument(): string {
  const inside = STANDARD_OPTIONS.spaces.filter((space) => space !== 'dhcp4')
  return `# DHCP options

Made from \`services/dhcp/wire\` by \`npm run docs:options\`; do not edit. A test fails when it is out of date.

Options "of the protocol" are written by the server or the client as part of the conversation and cannot be set. A code that
is not listed is set as \`"option-224": "beef"\`.

${table('dhcp4')}
${inside.map((space) => `## Inside: ${space}\n\n${table(space)}`).join('\n')}`
}
