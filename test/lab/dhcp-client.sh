#!/bin/sh
# The script that udhcpc, dhclient and dhcpcd call with what they have learnt: configures the interface (dhcpcd does
# that itself), writes /etc/resolv.conf, and prints one line for the test:
#   dhcp-client event=… address=… mask=… routers=… dns=… domain=… lease=… server=… broadcast=…
# udhcpc passes the event as an argument and plain variables; the other two pass $reason and new_….
event=${1:-${reason:-}}
if [ -n "${1:-}" ]; then
  address=${ip:-} bits=${mask:-} routers=${router:-} servers=${dns:-} zone=${domain:-} seconds=${lease:-}
  server=${serverid:-} broadcast=${broadcast:-}
else
  address=${new_ip_address:-} bits=${new_subnet_mask:-} routers=${new_routers:-} servers=${new_domain_name_servers:-}
  zone=${new_domain_name:-} seconds=${new_dhcp_lease_time:-} server=${new_dhcp_server_identifier:-}
  broadcast=${new_broadcast_address:-}
fi

case $event in
  bound | renew | BOUND | RENEW | REBIND | REBOOT)
    if [ "${TAPROOT_LAB_CONFIGURES:-yes}" = yes ]; then
      ip address flush dev "$interface"
      ip address add "$address/$bits" broadcast "${broadcast:-+}" dev "$interface"
      for router in $routers; do ip route replace default via "$router"; break; done
    fi
    {
      [ -z "$zone" ] || echo "search $zone"
      for name_server in $servers; do echo "nameserver $name_server"; done
    } >/etc/resolv.conf
    ;;
  deconfig | PREINIT)
    ip link set "$interface" up
    [ "$event" = PREINIT ] || ip address flush dev "$interface"
    ;;
  EXPIRE | RELEASE | STOP | leasefail | nak) ip address flush dev "$interface" ;;
esac
# Whatever else a test wants to see, by the names under which the client passes it.
for shown in ${TAPROOT_LAB_SHOWS:-}; do eval "echo \"dhcp-client shows $shown=\${$shown:-}\""; done
echo "dhcp-client event=$event address=$address mask=$bits routers=$routers dns=$servers domain=$zone" \
  "lease=$seconds server=$server broadcast=$broadcast"
