import { describe, expect, test } from 'vitest'
import { dhcidOf } from '../../../../services/lease-names/dhcid.ts'

describe('RFC 4701 §3.6 examples', () => {
  test.each([
    ['§3.6.1 DUID', { mac: '00:00:00:00:00:00', clientId: `ff00000001${'000100064' + '12df16601020304' + '0506'}` }, 'chi6.example.com', 'AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA='],
    ['§3.6.2 client identifier', { mac: '07:08:09:0a:0b:0c', clientId: '010708090a0b0c' }, 'chi.example.com', 'AAEBOSD+XR3Os/0LozeXVqcNc7FwCfQdWL3b/NaiUDlW2No='],
    ['§3.6.3 hardware address', { mac: '01:02:03:04:05:06', clientId: undefined }, 'client.example.com', 'AAABxLmlskllE0MVjd57zHcWmEH3pCQ6VytcKD//7es/deY='],
  ])('%s', (_section, client, name, rdata) => {
    expect(dhcidOf({ hardwareType: 1, ...client }, name)).toBe(rdata)
  })

  test('letter case of the name does not count', () => {
    const client = { hardwareType: 1, mac: '01:02:03:04:05:06', clientId: undefined }
    expect(dhcidOf(client, 'Client.EXAMPLE.com')).toBe(dhcidOf(client, 'client.example.com'))
  })
})
