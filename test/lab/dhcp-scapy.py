"""DHCP messages made by scapy, from eth0: COUNT with random fields and options (by seed), then one exchange that is right.
Prints what the appliance answered to the latter: OFFER and ACK with their options, a line each.

    dhcp-scapy.py COUNT SEED SERVER
"""
import random
import sys

from scapy.all import BOOTP, DHCP, IP, UDP, Ether, RandDHCPOptions, Raw, conf, fuzz, sendp, srp1

count, seed, server = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
random.seed(seed)
conf.verb = 0
conf.checkIPaddr = False  # answers come from the server to everybody
MAC = '02:5c:a9:00:00:01'
TO_ALL = Ether(src=MAC, dst='ff:ff:ff:ff:ff:ff') / IP(src='0.0.0.0', dst='255.255.255.255') / UDP(sport=68, dport=67)


def odd(i):
    head = BOOTP(op=1, chaddr=bytes([2, 0x5C, 0xA9, 0, 1, i & 7])) if i % 2 else fuzz(BOOTP(op=1))
    options = [('message-type', 1 + i % 8)] if i % 3 else []
    body = DHCP(options=options + list(RandDHCPOptions()._fix())) if i % 5 else Raw(random.randbytes(i % 300))
    return (TO_ALL / head / body).fragment(1480)


sendp([frame for i in range(count) for frame in odd(i)], iface='eth0')


def ask(*options):
    message = BOOTP(op=1, xid=0x5CA90001, flags=0x8000, chaddr=bytes.fromhex(MAC.replace(':', '')))
    answer = srp1(TO_ALL / message / DHCP(options=[*options, 'end']), iface='eth0', timeout=5)
    if answer is None:
        sys.exit('no answer')
    told = dict(option[:2] for option in answer[DHCP].options if isinstance(option, tuple))
    print(answer[BOOTP].yiaddr, told)
    return answer[BOOTP].yiaddr


wants = ('param_req_list', [1, 3, 6, 15])
address = ask(('message-type', 'discover'), wants)
ask(('message-type', 'request'), ('requested_addr', address), ('server_id', server), wants)
