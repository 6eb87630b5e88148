/*
 * The least that answers DNS over a TAP device: what the machine allows, to compare an implementation with.
 * One thread; ARP, and UDP to port 53 with answers prepared beforehand. Checksums are verified and computed.
 *
 *   responder DEVICE ADDRESS MAC NAMES ZONE [BRIDGE]
 *
 * Makes the TAP (enslaved to BRIDGE if named), prints "ready", answers until it is killed. Zone contents are those of
 * test/bench/zone.ts: h00000 … A 10.64.0.0 + i; every other name below the zone does not exist (SOA in authority).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { ETH = 14, IP = 20, UDP = 8, DNS = 12, MAX_ANSWER = 192 };

/* A question as it stands in the message, folded to lower case, and what follows the question in the response. */
struct answer { uint8_t question_length, rest_length, question[80], rest[MAX_ANSWER]; };
static struct answer *table;
static uint32_t mask;
static uint8_t denial[MAX_ANSWER];
static int denial_length;
static uint8_t zone_wire[64];
static int zone_length;

static uint8_t my_mac[6], my_ip[4];

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c; }

static uint32_t hash(const uint8_t *b, int length) {
  uint32_t h = 2166136261u;
  for (int i = 0; i < length; i++) h = (h ^ b[i]) * 16777619u;
  return h ^ h >> 15;
}

/* "lab.internal" to labels; the length with the root label. */
static int put_name(uint8_t *to, const char *text) {
  int at = 0;
  while (*text) {
    int n = (int)strcspn(text, ".");
    to[at++] = (uint8_t)n;
    memcpy(to + at, text, (size_t)n);
    at += n;
    text += n + (text[n] == '.');
  }
  to[at++] = 0;
  return at;
}

static void prepare(int names, const char *zone) {
  zone_length = put_name(zone_wire, zone);
  uint32_t size = 1;
  while (size < (uint32_t)names * 2) size *= 2;
  mask = size - 1;
  table = calloc(size, sizeof *table);
  for (int i = 0; i < names; i++) {
    struct answer a = {0};
    char name[80];
    snprintf(name, sizeof name, "h%05d.%s", i, zone);
    int n = put_name(a.question, name);
    put32(a.question + n, 1u << 16 | 1); /* A IN */
    a.question_length = (uint8_t)(n + 4);
    uint8_t *r = a.rest; /* pointer to the question, A, IN, TTL 3600, 4 octets */
    put16(r, 0xc00c); put16(r + 2, 1); put16(r + 4, 1); put32(r + 6, 3600); put16(r + 10, 4);
    put32(r + 12, 0x0a400000u + (uint32_t)i);
    a.rest_length = 16;
    uint32_t at = hash(a.question, a.question_length) & mask;
    while (table[at].question_length) at = (at + 1) & mask;
    table[at] = a;
  }
  /* SOA of the zone, whole names, for the authority section (RFC 2308 §2). */
  uint8_t *r = denial;
  memcpy(r, zone_wire, (size_t)zone_length);
  r += zone_length;
  put16(r, 6); put16(r + 2, 1); put32(r + 4, 300);
  uint8_t *length_at = r + 8, *rdata = r + 10;
  r = rdata;
  char name[80];
  snprintf(name, sizeof name, "ns.%s", zone);
  r += put_name(r, name);
  snprintf(name, sizeof name, "hostmaster.%s", zone);
  r += put_name(r, name);
  for (int i = 0; i < 5; i++, r += 4) put32(r, 3600);
  put16(length_at, (uint16_t)(r - rdata));
  denial_length = (int)(r - denial);
}

/* Completes the response in place after its question; the message's new length, 0 for no answer. */
static int answer(uint8_t *dns, int length) {
  if (length < DNS + 5 || (dns[2] & 0xf8) != 0 || get16(dns + 4) != 1) return 0;
  uint8_t question[260];
  int end = DNS;
  while (end < length && dns[end]) {
    if (dns[end] > 63 || end + dns[end] + 1 >= length) return 0;
    end += dns[end] + 1;
  }
  end += 5;
  int n = end - DNS;
  if (end > length || n > 255) return 0;
  for (int i = 0; i < n; i++) question[i] = lower(dns[DNS + i]);
  dns[2] = (uint8_t)(0x84 | (dns[2] & 1)); /* QR AA, RD copied */
  dns[3] = 0;
  put16(dns + 6, 0); put16(dns + 8, 0); put16(dns + 10, 0);
  uint32_t at = hash(question, n) & mask;
  for (; table[at].question_length; at = (at + 1) & mask) {
    struct answer *a = &table[at];
    if (a->question_length != n || memcmp(a->question, question, (size_t)n) != 0) continue;
    put16(dns + 6, 1);
    memcpy(dns + end, a->rest, a->rest_length);
    return end + a->rest_length;
  }
  int below = n - 4 > zone_length && memcmp(question + n - 4 - zone_length, zone_wire, (size_t)zone_length) == 0;
  if (!below) {
    dns[3] = 5; /* REFUSED */
    return end;
  }
  dns[3] = 3; /* NXDOMAIN */
  put16(dns + 8, 1);
  memcpy(dns + end, denial, (size_t)denial_length);
  return end + denial_length;
}

/* Turns the frame into its answer in place; the answer's length, 0 for none. */
static int respond(uint8_t *f, int length) {
  if (length < ETH + 28) return 0;
  uint16_t type = get16(f + 12);
  if (type == 0x0806) {
    uint8_t *arp = f + ETH;
    if (get16(arp + 6) != 1 || memcmp(arp + 24, my_ip, 4) != 0) return 0;
    memcpy(f, f + 6, 6); memcpy(f + 6, my_mac, 6);
    put16(arp + 6, 2);
    memcpy(arp + 18, arp + 8, 10); memcpy(arp + 8, my_mac, 6); memcpy(arp + 14, my_ip, 4);
    return ETH + 28;
  }
  if (type != 0x0800 || memcmp(f, my_mac, 6) != 0) return 0;
  uint8_t *ip = f + ETH, *udp = ip + IP;
  int total = get16(ip + 2);
  if (ip[0] != 0x45 || total < IP + UDP || total > length - ETH || (get16(ip + 6) & 0x3fff) || ip[9] != 17) return 0;
  if (fold(sum_words(ip, IP, 0)) != 0xffff || memcmp(ip + 16, my_ip, 4) != 0) return 0;
  int datagram = get16(udp + 4);
  if (get16(udp + 2) != 53 || datagram < UDP || datagram > total - IP) return 0;
  if (get16(udp + 6) != 0 && fold(udp_sum(ip, udp, datagram)) != 0xffff) return 0;
  int n = answer(udp + UDP, datagram - UDP);
  if (n == 0) return 0;

  memcpy(f, f + 6, 6); memcpy(f + 6, my_mac, 6);
  put16(ip + 2, (uint16_t)(IP + UDP + n));
  put16(ip + 4, 0); put16(ip + 6, 0x4000); ip[8] = 64;
  memcpy(ip + 16, ip + 12, 4); memcpy(ip + 12, my_ip, 4);
  put16(ip + 10, 0); put16(ip + 10, (uint16_t)~fold(sum_words(ip, IP, 0)));
  put16(udp + 2, get16(udp)); put16(udp, 53);
  put16(udp + 4, (uint16_t)(UDP + n)); put16(udp + 6, 0);
  uint16_t check = (uint16_t)~fold(udp_sum(ip, udp, UDP + n));
  put16(udp + 6, check ? check : 0xffff);
  return ETH + IP + UDP + n;
}

static int open_tap(const char *name, const char *bridge) {
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (fd < 0) fail("/dev/net/tun");
  struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  snprintf(r.ifr_name, IFNAMSIZ, "%s", name);
  if (ioctl(fd, TUNSETIFF, &r) < 0) fail("TUNSETIFF");
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  r.ifr_qlen = 10000; /* bursts: the default of 1000 loses queries (shared/facts.md, Pitfalls) */
  if (ioctl(s, SIOCSIFTXQLEN, &r) < 0) fail("SIOCSIFTXQLEN");
  if (bridge) {
    struct ifreq b = {.ifr_ifindex = (int)if_nametoindex(name)};
    snprintf(b.ifr_name, IFNAMSIZ, "%s", bridge);
    if (ioctl(s, 0x89a2 /* SIOCBRADDIF */, &b) < 0) fail("SIOCBRADDIF");
  }
  if (ioctl(s, SIOCGIFFLAGS, &r) < 0) fail("SIOCGIFFLAGS");
  r.ifr_flags |= IFF_UP;
  if (ioctl(s, SIOCSIFFLAGS, &r) < 0) fail("SIOCSIFFLAGS");
  close(s);
  return fd;
}

int main(int argc, char **argv) {
  unsigned m[6];
  if (argc < 6 || inet_pton(AF_INET, argv[2], my_ip) != 1 ||
      sscanf(argv[3], "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6)
    usage("responder DEVICE ADDRESS MAC NAMES ZONE [BRIDGE]");
  for (int i = 0; i < 6; i++) my_mac[i] = (uint8_t)m[i];
  prepare(atoi(argv[4]), argv[5]);
  int fd = open_tap(argv[1], argc > 6 ? argv[6] : NULL);
  puts("ready");
  fflush(stdout);
  static uint8_t frame[2048];
  struct pollfd p = {.fd = fd, .events = POLLIN};
  for (;;) {
    if (poll(&p, 1, -1) < 0 && errno != EINTR) fail("poll");
    for (;;) {
      ssize_t n = read(fd, frame, sizeof frame);
      if (n < 0) {
        if (errno == EAGAIN || errno == EINTR) break;
        fail("read");
      }
      int length = respond(frame, (int)n);
      if (length > 0 && write(fd, frame, (size_t)length) < 0 && errno != EAGAIN) fail("write");
    }
  }
}
