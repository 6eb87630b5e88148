/** Every command that is a client of the API, in the order of the help. The few others are in main.ts. */
import { health } from './appliance.ts'
import { arpAdd, arpDelete, arpFlush, arpList } from './arp.ts'
import { allow, block, ruleList, ruleRemove } from './block.ts'
import { capture } from './capture.ts'
import { certificateAuthority, certificateGive, certificateRemove, certificateRenew, certificateShow } from './certificate.ts'
import { classAdd, classChange, classList, classRemove } from './class.ts'
import type { Command } from './command.ts'
import { decisions } from './decisions.ts'
import { queriesClear, queriesList, queriesLog, queriesTop } from './queries.ts'
import { dhcpClientRelease, dhcpClientRenew, dhcpClientShow } from './dhcp-client.ts'
import { dhcpExport, dhcpImport } from './dhcp.ts'
import { explain, explainQuery } from './explain.ts'
import {
  interfaceAdd, interfaceChange, interfaceDown, interfaceList, interfaceRemove, interfaceUp,
} from './interface.ts'
import { hostGroupList, hostGroupRemove, hostGroupSet } from './host-group.ts'
import { hostAdd, hostChange, hostList, hostRemove } from './host.ts'
import { leasesExport, leasesForceRenew, leasesHistory, leasesImport, leasesList, leasesRelease } from './leases.ts'
import { listAdd, listChange, listList, listRefresh, listRemove, listShow } from './list.ts'
import { optionDefinitionAdd, optionDefinitionList, optionDefinitionRemove } from './option-definition.ts'
import { optionsEffective } from './options.ts'
import { ping } from './ping.ts'
import { dhcpSearch, dhcpServers } from './other-servers.ts'
import { pause, policyCheck, policyList, policyRemove, policySet, resume } from './policy.ts'
import { poolAdd, poolChange, poolList, poolRemove } from './pool.ts'
import { recordAdd, recordChange, recordList, recordRemove, recordTypes } from './record.ts'
import { forwarding, routeAdd, routeList, routeRemove } from './route.ts'
import { sockets } from './sockets.ts'
import { stats } from './stats.ts'
import { segmentAdd, segmentChange, segmentList, segmentRemove } from './segment.ts'
import { siteAdd, siteChange, siteList, siteRemove } from './site.ts'
import { subnetAdd, subnetChange, subnetList, subnetRemove } from './subnet.ts'
import { traceroute } from './traceroute.ts'
import { tsigKeyAdd, tsigKeyList, tsigKeyRemove } from './tsig-key.ts'
import { forwarderAdd, forwarderChange, forwarderList, forwarderRemove, forwarderShow, forwarderTest } from './forwarder.ts'
import { cacheFlush, cacheShow, cacheStats } from './cache.ts'
import {
  negativeTrustAnchorAdd, negativeTrustAnchorList, negativeTrustAnchorRemove, trustAnchorAdd, trustAnchorList, trustAnchorRemove,
} from './trust-anchor.ts'
import { viewAdd, viewList, viewRemove } from './view.ts'
import { dhcpWhatIf } from './what-if.ts'
import { hostsEdit, hostsShow, zoneDelegateBlock, zoneDiff, zoneImport, zoneUndo, zoneVersions } from './zone-contents.ts'
import { zoneDigest } from './zone-digest.ts'
import { zoneNotify } from './zone-notify.ts'
import { catalogAdd, catalogConsume, catalogProduce, catalogRemove, catalogShow, catalogStop } from './catalog.ts'
import { zonePromote, zoneRefresh, zoneSecondary } from './zone-secondary.ts'
import { zoneKeyExport } from './zone-key-export.ts'
import { zoneDs, zoneKeyImport, zoneKeys, zoneRoll, zoneSign, zoneSigning, zoneUnsign } from './zone-signing.ts'
import { zoneTransfers } from './zone-transfers.ts'
import { zoneAllowUpdates, zoneForbidUpdates, zoneUpdateRules, zoneUpdates } from './zone-updates.ts'
import { zoneAdd, zoneExport, zoneHistory, zoneList, zoneRemove } from './zone.ts'

export const COMMANDS: readonly Command[] = [
  leasesList,
  leasesExport,
  leasesImport,
  leasesRelease,
  leasesForceRenew,
  leasesHistory,
  explain,
  explainQuery,
  decisions,
  queriesList,
  queriesTop,
  queriesClear,
  queriesLog,
  siteList,
  siteAdd,
  siteChange,
  siteRemove,
  segmentList,
  segmentAdd,
  segmentChange,
  segmentRemove,
  subnetList,
  subnetAdd,
  subnetChange,
  subnetRemove,
  poolList,
  poolAdd,
  poolChange,
  poolRemove,
  hostList,
  hostAdd,
  hostChange,
  hostRemove,
  classList,
  classAdd,
  classChange,
  classRemove,
  optionsEffective,
  dhcpExport,
  dhcpImport,
  dhcpWhatIf,
  optionDefinitionList,
  optionDefinitionAdd,
  optionDefinitionRemove,
  zoneList,
  zoneAdd,
  zoneRemove,
  zoneExport,
  zoneImport,
  zoneHistory,
  zoneVersions,
  zoneDiff,
  zoneUndo,
  zoneDelegateBlock,
  hostsShow,
  hostsEdit,
  zoneTransfers,
  zoneSign,
  zoneUnsign,
  zoneSigning,
  zoneKeys,
  zoneRoll,
  zoneDs,
  zoneKeyImport,
  zoneKeyExport,
  zoneNotify,
  zoneDigest,
  zoneUpdates,
  zoneUpdateRules,
  zoneAllowUpdates,
  zoneForbidUpdates,
  zoneSecondary,
  zoneRefresh,
  zonePromote,
  catalogShow,
  catalogProduce,
  catalogConsume,
  catalogAdd,
  catalogRemove,
  catalogStop,
  recordList,
  recordAdd,
  recordChange,
  recordRemove,
  recordTypes,
  viewList,
  viewAdd,
  viewRemove,
  forwarderList,
  forwarderAdd,
  forwarderChange,
  forwarderRemove,
  forwarderShow,
  forwarderTest,
  listList,
  listShow,
  listAdd,
  listChange,
  listRefresh,
  listRemove,
  block,
  allow,
  ruleList,
  ruleRemove,
  policyList,
  policySet,
  policyRemove,
  policyCheck,
  pause,
  resume,
  hostGroupList,
  hostGroupSet,
  hostGroupRemove,
  cacheShow,
  cacheFlush,
  cacheStats,
  trustAnchorList,
  trustAnchorAdd,
  trustAnchorRemove,
  negativeTrustAnchorList,
  negativeTrustAnchorAdd,
  negativeTrustAnchorRemove,
  tsigKeyList,
  tsigKeyAdd,
  tsigKeyRemove,
  certificateShow,
  certificateAuthority,
  certificateGive,
  certificateRemove,
  certificateRenew,
  interfaceList,
  interfaceAdd,
  interfaceChange,
  interfaceUp,
  interfaceDown,
  interfaceRemove,
  routeList,
  routeAdd,
  routeRemove,
  forwarding,
  arpList,
  arpAdd,
  arpDelete,
  arpFlush,
  dhcpClientShow,
  dhcpClientRenew,
  dhcpClientRelease,
  dhcpServers,
  dhcpSearch,
  ping,
  traceroute,
  sockets,
  capture,
  stats,
  health,
]
