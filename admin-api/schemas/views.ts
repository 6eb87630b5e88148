import type { ViewView } from '../../services/index.ts'
import { creation, freeText, list, nullable, object, page, text, view } from './common.ts'

const fields = {
  name: text('view-name', 'Zones of the view are called after it: lab.internal@inside.'),
  addresses: list(text('prefix', 'Of one client or many.', '10.53.0.0/24'), 'Clients with these addresses; 0.0.0.0/0 for all.'),
  segments: list(freeText(64, 'A segment.', 'lan0'), 'Clients in the subnets of these segments, as they are at any time.'),
  keys: list(text('domain-name', 'A TSIG key.', 'inside.lab.internal'), 'Who signs with one of these, from anywhere; a key comes before any address.'),
  comment: nullable(freeText(500, 'For people.', 'the office')),
}

export const View = view<ViewView>()('View', 'Clients that get answers of their own from the zones of the view.', fields)
export const ViewPage = page('View', View)
const VIEW_DEFAULTS = { addresses: [], segments: [], keys: [], comment: null }
export const ViewsInput = object('ViewsInput', 'All views instead of those before.', {
  views: list(creation('ViewInput', 'One view.', fields, VIEW_DEFAULTS), 'In their order: the first that fits a client counts.'),
})
/** What a view has that the body leaves out. */
export const withViewDefaults = (given: Partial<ViewView> & Pick<ViewView, 'name'>): ViewView => ({ ...VIEW_DEFAULTS, ...given })
