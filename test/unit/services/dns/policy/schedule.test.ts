/** Spans of the week, by the clock on the wall. */
import { describe, expect, test } from 'vitest'
import { isInForce, isTimeZone, localTime } from '../../../../../services/dns/index.ts'
import type { ScheduleSpan, Weekday } from '../../../../../services/dns/index.ts'

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
/** "mon-fri 21:00-07:00". */
function span(text: string): ScheduleSpan {
  const [days, hours] = text.split(' ') as [string, string]
  const [from, to] = hours.split('-') as [string, string]
  return { days: days.split(',').map((day) => DAYS.indexOf(day) as Weekday), from: minutes(from), to: minutes(to) }
}
const check = (timeZone: string, spans: string, at: string): boolean => isInForce({ timeZone, spans: spans.split('; ').map(span) }, Date.parse(at))

describe('spans', () => {
  test.each([
    // 2026-11-23 is a Monday.
    ['mon 08:00-20:00', '2026-11-23T07:59:59Z', false],
    ['mon 08:00-20:00', '2026-11-23T08:00:00Z', true],
    ['mon 08:00-20:00', '2026-11-23T19:59:59Z', true],
    ['mon 08:00-20:00', '2026-11-23T20:00:00Z', false],
    ['mon 08:00-20:00', '2026-11-24T12:00:00Z', false],
    // Past midnight it belongs to the day on which it began.
    ['mon 21:00-07:00', '2026-11-23T06:00:00Z', false],
    ['mon 21:00-07:00', '2026-11-23T21:00:00Z', true],
    ['mon 21:00-07:00', '2026-11-24T06:59:00Z', true],
    ['mon 21:00-07:00', '2026-11-24T07:00:00Z', false],
    ['mon 21:00-07:00', '2026-11-24T21:00:00Z', false],
    ['sat 23:00-01:00', '2026-11-29T00:30:00Z', true],
    ['sun 00:00-24:00', '2026-11-22T23:59:00Z', true],
    ['sun 00:00-24:00', '2026-11-23T00:00:00Z', false],
    ['sun 10:00-10:00', '2026-11-23T09:59:00Z', true],
    ['sun 10:00-10:00', '2026-11-23T10:00:00Z', false],
    ['mon,tue 08:00-09:00; mon 12:00-13:00', '2026-11-23T12:30:00Z', true],
    ['mon,tue 08:00-09:00; mon 12:00-13:00', '2026-11-24T08:30:00Z', true],
    ['mon,tue 08:00-09:00; mon 12:00-13:00', '2026-11-24T12:30:00Z', false],
  ])('%s at %s', (spans, at, inForce) => expect(check('UTC', spans, at)).toBe(inForce))
})

describe('time zones', () => {
  test.each([
    ['Europe/Berlin', 'mon 08:00-20:00', '2026-11-23T07:00:00Z', true],
    ['Europe/Berlin', 'mon 08:00-20:00', '2026-11-23T06:59:00Z', false],
    ['America/Los_Angeles', 'sun 20:00-22:00', '2026-11-23T04:30:00Z', true],
    ['Asia/Kolkata', 'mon 05:30-06:00', '2026-11-23T00:00:00Z', true],
    // Summer time: 22:00 on the wall is an hour earlier in UTC.
    ['Europe/Berlin', 'wed 22:00-23:00', '2026-07-15T20:00:00Z', true],
    ['Europe/Berlin', 'wed 22:00-23:00', '2026-01-14T20:00:00Z', false],
    ['Europe/Berlin', 'wed 22:00-23:00', '2026-01-14T21:00:00Z', true],
  ])('%s %s at %s', (timeZone, spans, at, inForce) => expect(check(timeZone, spans, at)).toBe(inForce))

  test('the hour that is skipped in spring, and the one that comes twice in autumn', () => {
    // Berlin, 2026-03-29: 01:59:59 CET is followed by 03:00 CEST. A span within the missing hour never is.
    const night = Array.from({ length: 240 }, (_, i) => new Date(Date.UTC(2026, 2, 28, 23) + i * 60_000).toISOString())
    expect(night.filter((at) => check('Europe/Berlin', 'sun 02:00-03:00', at))).toEqual([])
    expect(night.filter((at) => check('Europe/Berlin', 'sun 01:30-03:30', at))).toHaveLength(60)
    const autumn = Array.from({ length: 240 }, (_, i) => new Date(Date.UTC(2026, 9, 24, 23) + i * 60_000).toISOString())
    expect(autumn.filter((at) => check('Europe/Berlin', 'sun 02:00-03:00', at))).toHaveLength(120)
  })

  test('which names there are, and what their clocks show', () => {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('UTC'), isTimeZone('Mars/Olympus'), isTimeZone('')]).toEqual([true, true, false, false])
    expect(localTime('Pacific/Auckland', Date.parse('2026-11-22T12:05:00Z'))).toEqual({ day: 1, minute: 65 })
  })
})
