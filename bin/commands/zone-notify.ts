import type { NotifyView } from '../../services/index.ts'
import { path } from './client.ts'
import type { Command } from './command.ts'
import { printDone } from './print.ts'
import { server, yesOrNo } from './server-argument.ts'

export const zoneNotify: Command = {
  words: 'zone notify',
  summary: 'show, say or tell who hears of the changes of a zone (NOTIFY)',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    to: { type: 'string', multiple: true, value: 'ADDRESS[#PORT][,KEY]', says: 'these secondaries, instead of those before; KEY signs' },
    'name-servers': { type: 'string', value: 'yes|no', says: "also the zone's own name servers (default yes)" },
    none: { type: 'boolean', says: 'nobody any more' },
    now: { type: 'boolean', says: 'tell them now' },
  },
  examples: ['taproot zone notify lab.internal --to 10.53.0.9,transfer.lab.internal', 'taproot zone notify lab.internal --now'],
  async run(invocation) {
    const { api, operands, texts, text, flag } = invocation
    const zone = operands[0] as string
    const url = path('zones', zone, 'notify')
    const targets = texts('to').map(given => server(given))
    const nameServers = yesOrNo(text('name-servers'))
    const says = targets.length > 0 || nameServers !== undefined || flag('none')
    let now = await api.json<NotifyView>('GET', url)
    if (says) {
      const told = { targets: flag('none') ? [] : targets.length > 0 ? targets : now.targets, nameServers: nameServers ?? (now.nameServers && !flag('none')) }
      now = await api.json<NotifyView>('PUT', url, {}, told)
    }
    if (flag('now')) now = await api.json<NotifyView>('POST', url)
    printDone(invocation, [summary(zone, now), ...now.told.map(line)].join('\n'), now)
  },
}

function summary(zone: string, { targets, nameServers }: NotifyView): string {
  const listed = targets.map(each => `${each.address}#${each.port}${each.key === null ? '' : ` signed with ${each.key}`}`)
  const who = [...listed, ...(nameServers ? ['its name servers in our zones'] : [])]
  return `of changes of ${zone} ${who.length === 0 ? 'nobody is told' : `are told: ${who.join(', ')}`}`
}

const line = ({ address, port, serial, outcome, rcode }: NotifyView['told'][number]): string =>
  `  ${address}#${port} serial ${serial}: ${outcome}${rcode === null ? '' : ` (${rcode})`}`
