#!/bin/sh
# Installs the Debian or Ubuntu packages that the lab tests and the benchmarks call: DHCP clients, name servers, dig,
# ping, a C compiler … Instant when nothing is missing. No daemon is started: policy-rc.d refuses that meanwhile.
#
#   test/lab/packages.sh           install what is missing (as root; else says what is missing)
#   test/lab/packages.sh --check   print the missing packages, one a line; exit 1 when there are any
#
# Exit: 0 nothing is missing (any more), 1 something is, 2 the system has no apt-get.
set -eu
PATH=$PATH:/usr/sbin:/sbin
export PATH

# What must be there, and the packages that bring it, best first (names differ between releases).
needs() {
  cat <<'TABLE'
command:ip            iproute2
command:ethtool       ethtool
command:nsenter       util-linux
command:setpriv       util-linux
command:sysctl        procps
command:ping          iputils-ping
command:arping        iputils-arping
command:tcpdump       tcpdump
command:curl          curl
command:nc            netcat-openbsd
command:iperf3        iperf3
command:traceroute    traceroute
command:nmap          nmap
command:tshark        tshark
command:qemu-system-x86_64 qemu-system-x86
command:dig           bind9-dnsutils dnsutils
command:openssl       openssl
command:unbound       unbound
command:stubby        stubby
command:dnsmasq       dnsmasq-base
command:named         bind9
command:named-compilezone bind9-utils bind9utils
command:knotd         knot
command:kdig          knot-dnsutils
command:kzonecheck    knot-dnssecutils knot-dnsutils knot
command:nsd           nsd
command:ldns-read-zone ldnsutils
command:dnsperf       dnsperf
command:kea-dhcp4     kea-dhcp4-server
command:kea-dhcp-ddns kea-dhcp-ddns-server
file:/usr/lib/python3/dist-packages/dns/__init__.py python3-dnspython
command:dhcpd         isc-dhcp-server
command:busybox       busybox
command:udhcpc        udhcpc
command:dhclient      isc-dhcp-client
command:dhcpcd        dhcpcd-base dhcpcd5 dhcpcd
command:dhcrelay      isc-dhcp-relay
command:dhcping       dhcping
command:perfdhcp      kea-admin
file:/usr/lib/python3/dist-packages/scapy/__init__.py python3-scapy
command:slirp4netns   slirp4netns
command:gcc           gcc
file:/usr/include/stdio.h        libc6-dev
file:/usr/include/linux/if_tun.h linux-libc-dev
TABLE
}

present() {
  case $1 in
    command:*) command -v "${1#command:}" >/dev/null 2>&1 ;;
    file:*) test -e "${1#file:}" ;;
  esac
}

known() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

# Prints the first package of each need that is not met.
missing() {
  needs | while read -r what packages; do
    present "$what" && continue
    first=${packages%% *}
    for package in $packages; do
      if known "$package"; then first=$package; break; fi
    done
    echo "$first"
  done | sort -u
}

anything_missing() {
  needs | while read -r what packages; do present "$what" || { echo yes; break; }; done
}

test -n "$(anything_missing)" || exit 0

if [ "${1:-}" = --check ]; then
  missing
  exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "test/lab/packages.sh: no apt-get here; install what provides:" >&2
  needs | while read -r what packages; do present "$what" || echo "  ${what#*:}" >&2; done
  exit 2
fi
if [ "$(id -u)" != 0 ]; then
  echo "test/lab/packages.sh: missing packages: $(missing | tr '\n' ' ')" >&2
  echo "  Install them as root: sh test/lab/packages.sh" >&2
  exit 1
fi

policy=/usr/sbin/policy-rc.d
made_policy=
cleanup() { test -z "$made_policy" || rm -f "$policy"; }
trap cleanup EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  made_policy=yes
fi

export DEBIAN_FRONTEND=noninteractive
echo "test/lab/packages.sh: reading the package lists"
apt-get update -qq
# Word splitting is meant: one argument for each package.
# shellcheck disable=SC2046
set -- $(missing)
echo "test/lab/packages.sh: installing $*"
apt-get install -qq -y --no-install-recommends "$@" >/dev/null

test -z "$(anything_missing)" || { echo "test/lab/packages.sh: still missing: $(missing | tr '\n' ' ')" >&2; exit 1; }
