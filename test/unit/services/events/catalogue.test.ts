import { describe, expect, test } from 'vitest'
import { EVENTS, eventRow, renderStep } from '../../../../services/events/catalogue.ts'
import { DHCP_EVENTS } from '../../../../services/dhcp/index.ts'

describe('the catalogue of events', () => {
  test('has the events of its parts', () => {
    for (const id of Object.keys(DHCP_EVENTS)) expect(eventRow(id)).toBe(DHCP_EVENTS[id as keyof typeof DHCP_EVENTS])
  })

  test('every event is told in whole sentences; what alarms says what to do', () => {
    for (const [id, row] of Object.entries(EVENTS)) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*(\.[a-z-]+)+$/)
      expect(row.means, id).toMatch(/^[A-Z].*\.$/)
      if (row.level === 'error') expect(row.remedy, id).toMatch(/\.$/)
    }
  })

  test('renders facts, also missing ones, and events it does not know', () => {
    expect(renderStep(['dhcp.lease.bound', { address: '10.53.0.9', seconds: 60 }])).toBe('10.53.0.9 bound for 60 s')
    expect(renderStep(['dhcp.lease.bound', { address: null }])).toBe('– bound for – s')
    expect(renderStep(['dhcp.lease.vanished', { address: '10.53.0.9' }])).toBe('dhcp.lease.vanished {"address":"10.53.0.9"}')
    expect(renderStep(['toString', {}])).toBe('toString {}')
  })
})
