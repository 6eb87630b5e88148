"""
What an ACME client that proves a name by DNS does with dynamic update: looks for the zone by SOA queries from the name
upwards, then adds or takes away one TXT record, signed, over TCP.

    acme-update.py SERVER KEY-NAME SECRET add|delete NAME TEXT
"""
import sys

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update

server, key_name, secret, verb, name_text, text = sys.argv[1:]
keyring = dns.tsigkeyring.from_text({key_name: secret})
signing = {"keyring": keyring, "keyname": key_name, "keyalgorithm": dns.tsig.HMAC_SHA256}


def zone_of(name):
    while len(name) > 1:
        query = dns.message.make_query(name, dns.rdatatype.SOA, dns.rdataclass.IN)
        query.flags &= ~dns.flags.RD
        query.use_tsig(keyring, key_name, algorithm=dns.tsig.HMAC_SHA256)
        answer = dns.query.tcp(query, server, timeout=5)
        found = answer.get_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.SOA)
        if answer.rcode() == dns.rcode.NOERROR and found and answer.flags & dns.flags.AA:
            return name
        name = name.parent()
    sys.exit("no zone found")


name = dns.name.from_text(name_text)
zone = zone_of(name)
update = dns.update.Update(zone, **signing)
relative = name.relativize(zone)
if verb == "add":
    update.add(relative, 120, dns.rdatatype.TXT, f'"{text}"')
else:
    update.delete(relative, dns.rdatatype.TXT, f'"{text}"')
print(zone, dns.rcode.to_text(dns.query.tcp(update, server, timeout=5).rcode()))
