/** What a person sees when the appliance is up: what there is, where it is, and lines to copy that attach a client. */
import { formatServer } from '../../services/config/server-address.ts'
import type { Settings } from '../../services/config/settings.ts'
import { formatForwardServer } from '../../services/index.ts'
import { formatIpv4, formatMac, formatPrefix } from '../../stack/index.ts'
import type { Running } from '../compose.ts'
import { guestArguments } from './guest-arguments.ts'

export function startScreen(s: Settings, running: Running): string {
  const own = formatIpv4(s.address.address)
  const upstreams = running.upstreams.map((server) => ('by' in server ? formatForwardServer(server) : formatServer(server))).join(', ')
  const rows: readonly (readonly [string, string])[] = [
    ['link', `${s.link}${where(s)}, MTU ${s.mtu}, ${formatMac(s.linkMac)}`],
    ['appliance', `${own}/${s.address.prefix.length}`],
    ...(s.linkSocket === undefined ? [['host end', hostEnd(s, running)] as const] : []),
    ['gateway', s.gateway === undefined ? 'none' : formatIpv4(s.gateway)],
    ['DHCP', `${s.pool.map((p) => `${formatIpv4(p.first)}–${formatIpv4(p.last)}`).join(', ')}, leases of ${s.leaseTime} s${running.linkShared && s.serveBesideOthers === 'no' ? '; silent while another DHCP server answers on this link' : ''}`],
    ['DNS', s.domain === undefined ? 'no zone of its own' : `zone ${s.domain} and the reverse zone of ${formatPrefix(s.address.prefix)}`],
    ...inTls(s),
    ['upstreams', upstreams === '' ? 'none: only local names are answered' : `${upstreams} by the ${s.upstreamPath === 'host' ? "host's sockets" : "appliance's own stack"}`],
    ['API', running.apiUrl === undefined ? 'off' : `${running.apiUrl}/${s.apiOnLink === 'yes' ? ` and on the link http://${own}/` : ''}   REST under /api/v1, documentation to try at /docs`],
    ['token', running.tokenFile],
  ]
  const table = rows.map(([name, text]) => `  ${name.padEnd(10)} ${text}`).join('\n')
  return `\nTaproot is up.\n\n${table}\n\nAttach a client (${s.linkSocket === undefined ? 'as root; ' : ''}a copy of one line each):\n${attachLines(s).join('\n')}\n\n`
}

function inTls(s: Settings): readonly (readonly [string, string])[] {
  const ways = [...(s.dnsOverTls === 'yes' ? ['port 853'] : []), ...(s.https === 'yes' ? [`https://${formatIpv4(s.address.address)}/dns-query`] : [])]
  return ways.length === 0 ? [] : [['DNS in TLS', `${ways.join(', ')}   whom to trust: taproot certificate authority`]]
}

const where = (s: Settings): string =>
  s.linkSocket !== undefined ? `, guests of QEMU at ${s.linkSocket}` : s.bridge === undefined ? '' : ` in bridge ${s.bridge}`

function hostEnd(s: Settings, running: Running): string {
  if (!running.linkManaged) return 'left as it was'
  return s.hostAddress === undefined ? 'no address' : `${formatIpv4(s.hostAddress.address)}/${s.hostAddress.prefix.length}`
}

/** Namespace on a bridge, virtual machine, container. A link without a bridge is put into one, with the host's address. */
function attachLines(s: Settings): readonly string[] {
  if (s.linkSocket !== undefined) return [`  VM         qemu-system-x86_64 -m 512 ${guestArguments(s.linkSocket)} disk.img`]
  const bridge = s.bridge ?? 'taproot-br'
  const hostAddress = s.hostAddress === undefined ? '' : `${formatIpv4(s.hostAddress.address)}/${s.hostAddress.prefix.length}`
  const move = hostAddress === '' ? '' : `ip addr del ${hostAddress} dev ${s.link}; ip addr add ${hostAddress} dev ${bridge}; `
  const intoBridge = s.bridge === undefined ? `ip link add ${bridge} type bridge 2>/dev/null && { ip link set ${s.link} master ${bridge}; ${move}ip link set ${bridge} up; }; ` : ''
  const cable = `ip link add c1-host type veth peer name eth0 netns c1; ip link set c1-host master ${bridge} up`
  return [
    `  namespace  ${intoBridge}ip netns add c1; ${cable}; ip netns exec c1 dhclient -v eth0`,
    `  VM         ${intoBridge}ip tuntap add vm1 mode tap; ip link set vm1 master ${bridge} up; qemu-system-x86_64 -m 512 -netdev tap,id=n,ifname=vm1,script=no -device e1000,netdev=n disk.img`,
    `  container  ${intoBridge}pid=$(docker inspect -f '{{.State.Pid}}' NAME); ip link add c2-host type veth peer name eth0 netns $pid; ip link set c2-host master ${bridge} up; nsenter -t $pid -n dhclient -v eth0`,
  ]
}
