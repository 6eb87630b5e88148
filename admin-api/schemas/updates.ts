import { type PastUpdateView, UPDATE_NAMES, UPDATE_TOUCHES, type UpdatePolicyView, type UpdateRuleView } from '../../services/index.ts'
import { creation, freeText, list, nullable, object, oneOf, page, text, time, view, word } from './common.ts'

const ruleFields = {
  key: nullable(text('domain-name', 'Updates signed with this TSIG key; null: unsigned ones too, from the addresses alone.', 'ddns.lab.internal')),
  address: nullable(text('prefix', 'Updates from these addresses; null: from anywhere. An address alone is easily forged.', '10.53.0.9/32')),
  names: oneOf(UPDATE_NAMES, 'Which names: all of the zone, that of the key, that and all below it, exactly one, one and all below it, or all that a wildcard stands for.'),
  name: nullable(freeText(255, 'For exact, subdomain and wildcard; null for the others.', 'dyn.lab.internal')),
  types: list(freeText(20, 'A type.', 'TXT'), 'Of these types; none: of all but SOA, NS, DNAME, DS, CDS, CDNSKEY, CSYNC, DNSKEY and ZONEMD, which must be named.'),
  touches: oneOf(UPDATE_TOUCHES, 'Whose records may be removed or replaced: those that updates made; also those of people (by hand, from files); also those of leases.'),
}
const RULE_DEFAULTS = { key: null, address: null, name: null, types: [], touches: 'updates' } as const

export const UpdateRule = view<UpdateRuleView>()('UpdateRule', 'One thing that is allowed.', ruleFields)
export const UpdatePolicy = view<UpdatePolicyView>()('UpdatePolicy', 'Who may change the zone by dynamic update; nobody to begin with.', {
  rules: list(UpdateRule, 'Each allows something; what none allows is refused.'),
})
export const UpdatePolicyInput = object('UpdatePolicyInput', 'Who may change the zone by dynamic update, instead of those before.', {
  rules: list(creation('UpdateRuleInput', 'One thing that is allowed.', ruleFields, RULE_DEFAULTS), 'Each allows something; what none allows is refused.'),
})

/** What a rule has that the body leaves out. */
export const withRuleDefaults = (rule: Partial<UpdateRuleView> & Pick<UpdateRuleView, 'names'>): UpdateRuleView => ({ ...RULE_DEFAULTS, ...rule })

export const PastUpdate = view<PastUpdateView>()('PastUpdate', 'An update and what came of it.', {
  at: time('When it was answered.'),
  source: text('ipv4', 'Where it came from.', '10.53.0.9'),
  key: nullable(word('The TSIG key that it was signed with; null: none.', 'ddns.lab.internal')),
  rcode: word('What it was answered.', 'REFUSED'),
  because: word('The event that says why.', 'dns.update.name-not-allowed'),
  text: word('The same in words.', 'no rule lets this sender change A records of www.lab.internal'),
})
export const PastUpdatePage = page('PastUpdate', PastUpdate)
