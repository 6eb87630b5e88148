/** What can come of lists and policies; part of the events of DNS. */
export const POLICY_EVENTS = {
  'dns.policy.changed': {
    level: 'info', says: '{what} {name} {how}',
    means: 'What is blocked, for whom or when was changed. It counts from the next query on.',
  },
  'dns.policy.paused': {
    level: 'info', says: 'nothing is blocked by {policy} until {until}',
    means: 'Lists do not count meanwhile; they do again by themselves when the time is over.',
  },
  'dns.policy.resumed': {
    level: 'info', says: 'what is blocked by {policy} is blocked again', means: 'The pause is over, or was ended.',
  },
  'dns.policy.rule-expired': {
    level: 'info', says: 'the rule to {kind} {domain} is over and was removed', means: 'It had an end, which has come.',
  },
  'dns.list.loaded': {
    level: 'info', says: 'the list {list} counts with {entries} entries; {notUnderstood} lines of it are not understood',
    means: 'Its new content was read, and is looked at from the next query on.',
  },
  'dns.list.failed': {
    level: 'warn', says: 'the list {list} could not be brought up to date: {because}',
    means: 'What it said before still counts. It is tried again, at longer and longer intervals.',
    remedy: 'Look whether its address is right, with: taproot list show NAME.',
  },
} as const
