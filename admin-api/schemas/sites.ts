import type { SiteView, WithWarnings } from '../../services/index.ts'
import { change, creation, freeText, id, page, view } from './common.ts'
import { LEVEL_DEFAULTS, levelFields, warnings } from './levels.ts'

const fields = {
  name: freeText(63, 'Its name.', 'home'),
  ...levelFields,
}
const all = { id: id('site'), ...fields }

export const Site = view<SiteView>()('Site', 'Defaults for the segments that belong to it.', all)
export const SiteAnswer = view<WithWarnings<SiteView>>()('SiteAnswer', 'The site as it is now.', { ...all, warnings })
export const SitePage = page('Site', Site)
export const SiteCreation = creation('SiteCreation', 'A new site.', fields, LEVEL_DEFAULTS)
export const SiteChange = change('SiteChange', 'New values for some fields of a site.', fields)
