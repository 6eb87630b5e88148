/**
 * When a policy set is in force: spans of the week in a time zone of its own. What the clock on the wall says there
 * counts, so a span keeps its hours when summer time begins or ends.
 */

/** 0: Sunday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6

export type ScheduleSpan = {
  /** The days on which it begins. */
  readonly days: readonly Weekday[]
  /** Minutes after midnight, 0 to 1439. */
  readonly from: number
  /** 1 to 1440; not after `from`: it ends on the next day. */
  readonly to: number
}

export type Schedule = {
  /** IANA name: "Europe/Berlin". */
  readonly timeZone: string
  readonly spans: readonly ScheduleSpan[]
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const DAY_MINUTES = 1440

/** Making a formatter costs a hundred times what using it does; there are hardly more zones than sets. */
const MOST_FORMATTERS = 64
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  if (formatters.size >= MOST_FORMATTERS) formatters.clear()
  formatters.set(timeZone, made)
  return made
}

/** Whether there is such a time zone. */
export function isTimeZone(text: string): boolean {
  try {
    formatterOf(text)
    return true
  } catch {
    return false
  }
}

/** What clocks and calendars in the zone show: weekday, and minutes after midnight. */
export function localTime(timeZone: string, wallMs: number): { readonly day: Weekday; readonly minute: number } {
  let [day, hour, minute] = [0, 0, 0]
  for (const { type, value } of formatterOf(timeZone).formatToParts(wallMs)) {
    if (type === 'weekday') day = WEEKDAYS.indexOf(value)
    else if (type === 'hour') hour = Number(value)
    else if (type === 'minute') minute = Number(value)
  }
  return { day: day as Weekday, minute: 60 * hour + minute }
}

/** Whether the wall clock stands in one of the spans. */
export function isInForce(schedule: Schedule, wallMs: number): boolean {
  const { day, minute } = localTime(schedule.timeZone, wallMs)
  const before = ((day + 6) % 7) as Weekday
  return schedule.spans.some(({ days, from, to }) =>
    to > from
      ? days.includes(day) && minute >= from && minute < to
      : (days.includes(day) && minute >= from && minute < DAY_MINUTES) || (days.includes(before) && minute < to))
}
