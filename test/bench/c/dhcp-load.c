/*
 * DHCP load over AF_PACKET: many clients, each with a MAC of its own, doing whole DISCOVER-OFFER-REQUEST-ACK exchanges
 * (RFC 2131 §3.1) and renewals (§4.4.5), in a closed loop or at a fixed rate.
 *
 *   dhcp-load -i INTERFACE [-c CLIENTS] [-o FIRST] [-k OUTSTANDING] [-s SECONDS] [-r RATE] [-R SECONDS] [-b] [-H] [-I]
 *             [-a FILE] [-t MS]
 *
 *   -c  clients, numbered from -o; the MAC of client n is 02:10 and n in 4 octets
 *   -k  exchanges under way at a time
 *   -s  DORA phase ends after so long, even if clients are left                        -r  exchanges begun a second
 *   -R  then renews round robin for so long (unicast, with the client's own source address; ARP is answered)
 *   -b  set the broadcast flag      -H  send host name "load-<n>"      -I  send a client identifier (ff and the number)
 *   -a  append "ADDRESS MAC" to FILE, one write for each batch, as soon as an ACK has come
 *   -t  a message unanswered for so long is sent again (4 tries, then the exchange failed)
 *
 * Prints one JSON object a phase: {"phase":"dora",…}, {"phase":"renew",…}.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { BATCH = 64, FRAME = 700, ETH = 14, IP = 20, UDP = 8, BOOTP = 236, OPTIONS = ETH + IP + UDP + BOOTP + 4 };
enum { MAX_TRIES = 4, ADDRESS_BITS = 20 };
enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6 };

enum state { IDLE, SELECTING, REQUESTING, BOUND, RENEWING, FAILED };
struct client { uint32_t address, xid; uint64_t began, step_began, sent; uint8_t state, tries; };
static struct client *clients;
static uint32_t count = 1000, first;
/* Client by the low bits of its address, to answer ARP; the full address is compared before use. */
static uint32_t *holder;
/* Clients with an exchange under way, and where each stands in that list. */
static uint32_t *active, *place, active_count;

static int outstanding = 100, rate, broadcast_flag, host_names, client_ids, sock, log_fd = -1;
static uint64_t resend_after = 1000000000u;
static double dora_seconds = 30, renew_seconds;
static const char *interface;

static uint8_t server_mac[6];
static uint32_t server_address;
static uint64_t began, completed, naks, resent, gave_up, unexpected, moved;
static struct histogram whole, to_offer, to_ack;

static uint8_t out[BATCH][FRAME], in[BATCH][2048];
static struct mmsghdr out_messages[BATCH], in_messages[BATCH];
static struct iovec out_vectors[BATCH], in_vectors[BATCH];
static int queued;
static char acked[BATCH * 64];
static size_t acked_length;

/* MACs in no order, as those of a LAN are: number times an odd constant, which its inverse takes back (mod 2^32). */
#define SCATTER 0x9e3779b1u
#define GATHER 0xe8b2f51u
static void put_mac(uint8_t *to, uint32_t n) { to[0] = 2; to[1] = 0x10; put32(to + 2, (first + n) * SCATTER); }

static void send_queued(void) {
  for (int done = 0; done < queued;) {
    int n = sendmmsg(sock, out_messages + done, (unsigned)(queued - done), 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == ENOBUFS || errno == EAGAIN) break; /* sent again by its time-out */
      fail("sendmmsg");
    }
    done += n;
  }
  queued = 0;
}

static void queue(int length) {
  out_vectors[queued].iov_len = (size_t)(length < 60 ? 60 : length);
  if (++queued == BATCH) send_queued();
}

static uint8_t *option(uint8_t *o, int code, int length, const void *value) {
  *o++ = (uint8_t)code;
  *o++ = (uint8_t)length;
  memcpy(o, value, (size_t)length);
  return o + length;
}

/* Writes and queues the message that the client's state calls for. */
static void send_message(uint32_t n, uint64_t now) {
  struct client *c = &clients[n];
  int renewing = c->state == RENEWING;
  uint8_t *f = out[queued], *ip = f + ETH, *udp = ip + IP, *b = udp + UDP, *o = f + OPTIONS, four[4];
  memset(f, 0, FRAME);
  if (renewing) memcpy(f, server_mac, 6); else memset(f, 0xff, 6);
  put_mac(f + 6, n);
  put16(f + 12, ETH_P_IP);
  b[0] = 1; b[1] = 1; b[2] = 6;
  put32(b + 4, c->xid);
  if (renewing) put32(b + 12, c->address);
  else if (broadcast_flag) b[10] = 0x80;
  put_mac(b + 28, n);
  put32(f + OPTIONS - 4, 0x63825363);
  uint8_t type = c->state == SELECTING ? DISCOVER : REQUEST;
  o = option(o, 53, 1, &type);
  if (c->state == REQUESTING) {
    put32(four, c->address);
    o = option(o, 50, 4, four);
    put32(four, server_address);
    o = option(o, 54, 4, four);
  }
  if (host_names) {
    char name[20];
    o = option(o, 12, snprintf(name, sizeof name, "load-%u", first + n), name);
  }
  if (client_ids) {
    uint8_t id[7] = {0xff};
    put_mac(id + 1, n);
    o = option(o, 61, 7, id);
  }
  o = option(o, 55, 6, "\x01\x03\x06\x0f\x1c\x33");
  *o++ = 255;
  int length = (int)(o - b) < 300 ? 300 : (int)(o - b); /* BOOTP's least, RFC 1542 §2.1 */
  put16(udp, 68); put16(udp + 2, 67); put16(udp + 4, (uint16_t)(UDP + length));
  ip[0] = 0x45; ip[8] = 64; ip[9] = 17;
  put16(ip + 2, (uint16_t)(IP + UDP + length));
  put32(ip + 12, renewing ? c->address : 0);
  put32(ip + 16, renewing ? server_address : 0xffffffffu);
  put16(ip + 10, (uint16_t)~fold(sum_words(ip, IP, 0)));
  uint16_t check = (uint16_t)~fold(udp_sum(ip, udp, UDP + length));
  put16(udp + 6, check ? check : 0xffff);
  c->sent = now;
  queue(ETH + IP + UDP + length);
}

static void begin(uint32_t n, enum state state, uint64_t since, uint64_t now) {
  struct client *c = &clients[n];
  c->state = (uint8_t)state;
  c->tries = 1;
  c->began = c->step_began = since;
  c->xid = random_u32();
  place[n] = active_count;
  active[active_count++] = n;
  began++;
  send_message(n, now);
}

static void end(uint32_t n, enum state state) {
  clients[n].state = (uint8_t)state;
  uint32_t last = active[--active_count];
  active[place[n]] = last;
  place[last] = place[n];
}

static void flush_log(void) {
  if (log_fd >= 0 && acked_length && write(log_fd, acked, acked_length) != (ssize_t)acked_length) fail("log of ACKs");
  acked_length = 0;
}

static void log_ack(uint32_t n) {
  if (log_fd < 0) return;
  uint32_t a = clients[n].address;
  uint8_t m[6];
  put_mac(m, n);
  int length = sprintf(acked + acked_length, "%u.%u.%u.%u %02x:%02x:%02x:%02x:%02x:%02x\n", a >> 24, a >> 16 & 255,
                       a >> 8 & 255, a & 255, m[0], m[1], m[2], m[3], m[4], m[5]);
  acked_length += (size_t)length;
}

static void handle_dhcp(const uint8_t *f, int length, uint64_t now) {
  const uint8_t *ip = f + ETH;
  int header = (ip[0] & 15) * 4;
  const uint8_t *b = ip + header + UDP, *end_at = f + length;
  if (header < IP || end_at - b < BOOTP + 4 || b[0] != 2 || b[28] != 2 || b[29] != 0x10) return;
  uint32_t n = get32(b + 30) * GATHER - first;
  if (n >= count) return;
  struct client *c = &clients[n];
  int type = 0;
  uint32_t identifier = 0;
  for (const uint8_t *o = b + BOOTP + 4; o + 1 < end_at && *o != 255; o += *o ? 2 + o[1] : 1) {
    if (o[0] == 53) type = o[2];
    if (o[0] == 54 && o + 6 <= end_at) identifier = get32(o + 2);
  }
  if (get32(b + 4) != c->xid) return;
  if (type == OFFER && c->state == SELECTING) {
    histogram_add(&to_offer, now - c->step_began);
    c->state = REQUESTING;
    c->tries = 1;
    c->step_began = now;
    c->address = get32(b + 16);
    server_address = identifier;
    memcpy(server_mac, f + 6, 6);
    send_message(n, now);
  } else if (type == ACK && (c->state == REQUESTING || c->state == RENEWING)) {
    moved += get32(b + 16) != c->address;
    histogram_add(&to_ack, now - c->step_began);
    histogram_add(&whole, now - c->began);
    holder[c->address & ((1u << ADDRESS_BITS) - 1)] = n;
    completed++;
    end(n, BOUND);
    log_ack(n);
  } else if (type == NAK && (c->state == REQUESTING || c->state == RENEWING)) {
    naks++;
    end(n, FAILED);
  } else if (type != OFFER && type != ACK) {
    unexpected++;
  }
}

/* A bound client answers for its address, also when it is probed (RFC 826; RFC 5227 §2.4). */
static void handle_arp(const uint8_t *f, int length) {
  if (length < ETH + 28 || get16(f + ETH + 6) != 1) return;
  uint32_t target = get32(f + ETH + 24), n = holder[target & ((1u << ADDRESS_BITS) - 1)];
  if (n >= count || clients[n].address != target || clients[n].state < BOUND || clients[n].state == FAILED) return;
  uint8_t *r = out[queued], *arp = r + ETH;
  memset(r, 0, 60);
  memcpy(r, f + 6, 6);
  put_mac(r + 6, n);
  put16(r + 12, ETH_P_ARP);
  memcpy(arp, f + ETH, 6);
  put16(arp + 6, 2);
  put_mac(arp + 8, n);
  put32(arp + 14, target);
  memcpy(arp + 18, f + ETH + 8, 10);
  queue(60);
}

static int receive(void) {
  int n = recvmmsg(sock, in_messages, BATCH, MSG_DONTWAIT, NULL);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ENETDOWN) return 0;
    fail("recvmmsg");
  }
  uint64_t now = now_ns();
  for (int i = 0; i < n; i++) {
    int length = (int)in_messages[i].msg_len;
    if (get16(in[i] + 12) == ETH_P_ARP) handle_arp(in[i], length);
    else handle_dhcp(in[i], length, now);
  }
  flush_log();
  return n;
}

static void resend(uint64_t now) {
  for (uint32_t i = 0; i < active_count; i++) {
    uint32_t n = active[i];
    struct client *c = &clients[n];
    if (now < c->sent || now - c->sent < resend_after) continue;
    if (c->tries++ == MAX_TRIES) {
      gave_up++;
      end(n, FAILED);
      i--;
    } else {
      resent++;
      send_message(n, now);
    }
  }
}

/* The next client to begin with, from *cursor on; count when there is none. */
static uint32_t next_client(enum state from, uint32_t *cursor, int wrap) {
  for (uint32_t tried = 0; tried < count; tried++) {
    if (*cursor >= count) {
      if (!wrap) return count;
      *cursor = 0;
    }
    uint32_t n = (*cursor)++;
    if (clients[n].state == from) return n;
  }
  return count;
}

static void phase(const char *name, enum state from, enum state to, double length_seconds) {
  struct pollfd p = {.fd = sock, .events = POLLIN};
  uint64_t start = now_ns(), until = start + (uint64_t)(length_seconds * 1e9), checked = start, due = 0, last = start;
  uint32_t cursor = 0, n = 0;
  double gap = rate > 0 ? 1e9 / rate : 0;
  int wrap = from == BOUND, left = 1;
  began = completed = naks = resent = gave_up = unexpected = moved = 0;
  memset(&whole, 0, sizeof whole); memset(&to_offer, 0, sizeof to_offer); memset(&to_ack, 0, sizeof to_ack);
  for (uint64_t now; (now = now_ns()) < until && (left || active_count > 0);) {
    uint64_t since = now;
    while (left && active_count < (uint32_t)outstanding) {
      if (rate > 0 && (since = start + (uint64_t)((double)due * gap)) > now) break;
      n = next_client(from, &cursor, wrap);
      left = n < count;
      if (!left) break;
      due++;
      begin(n, to, since, now);
    }
    send_queued();
    uint64_t before = completed;
    int got = receive();
    if (completed > before) last = now_ns();
    send_queued();
    if (now - checked > resend_after / 8) resend(checked = now);
    uint64_t next_due = start + (uint64_t)((double)due * gap);
    if (got > 0 || (rate > 0 && next_due <= now_ns() && active_count < (uint32_t)outstanding)) continue;
    struct timespec wait = {.tv_nsec = 5000000};
    if (rate > 0 && left && next_due > now && next_due - now < 5000000u) wait.tv_nsec = (long)(next_due - now);
    ppoll(&p, 1, &wait, NULL);
  }
  /* What is still under way when time is up is neither done nor failed; forget it. */
  uint32_t unfinished = active_count;
  while (active_count > 0) end(active[0], wrap ? BOUND : IDLE);
  double took = (double)(last - start) / 1e9;
  printf("{\"phase\":\"%s\",\"began\":%lu,\"completed\":%lu,\"unfinished\":%u,\"naks\":%lu,\"resent\":%lu,", name,
         began, completed, unfinished, naks, resent);
  printf("\"gave_up\":%lu,\"unexpected\":%lu,\"moved\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,", gave_up, unexpected,
         moved, took, took > 0 ? (double)completed / took : 0);
  histogram_json(&whole, "", stdout);
  putchar(',');
  histogram_json(&to_offer, "offer_", stdout);
  putchar(',');
  histogram_json(&to_ack, "ack_", stdout);
  puts("}");
  fflush(stdout);
}

static void open_socket(void) {
  /* ARP, or UDP to port 68 in an unfragmented datagram; filtered in the kernel, so that nothing else wakes us. */
  struct sock_filter code[] = {
      {0x28, 0, 0, 12}, {0x15, 8, 0, ETH_P_ARP}, {0x15, 0, 8, ETH_P_IP}, {0x30, 0, 0, 23}, {0x15, 0, 6, 17},
      {0x28, 0, 0, 20}, {0x45, 4, 0, 0x1fff}, {0xb1, 0, 0, 14}, {0x48, 0, 0, 16}, {0x15, 0, 1, 68},
      {0x06, 0, 0, 0xffff}, {0x06, 0, 0, 0}};
  struct sock_fprog filter = {sizeof code / sizeof *code, code};
  int index = (int)if_nametoindex(interface);
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
  struct packet_mreq promiscuous = {.mr_ifindex = at.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  int size = 32 << 20, one = 1;
  if (at.sll_ifindex == 0) fail(interface);
  sock = socket(AF_PACKET, SOCK_RAW, 0);
  if (sock < 0) fail("AF_PACKET socket");
  if (setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0) fail("SO_ATTACH_FILTER");
  setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  setsockopt(sock, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  if (setsockopt(sock, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) < 0) fail("PROMISC");
  if (bind(sock, (struct sockaddr *)&at, sizeof at) < 0) fail("bind");
  for (int i = 0; i < BATCH; i++) {
    out_vectors[i].iov_base = out[i];
    in_vectors[i] = (struct iovec){in[i], sizeof in[i]};
    out_messages[i].msg_hdr = (struct msghdr){.msg_iov = &out_vectors[i], .msg_iovlen = 1};
    in_messages[i].msg_hdr = (struct msghdr){.msg_iov = &in_vectors[i], .msg_iovlen = 1};
  }
}

int main(int argc, char **argv) {
  const char *help = "dhcp-load -i INTERFACE [-c CLIENTS] [-o FIRST] [-k OUTSTANDING] [-s SECONDS] [-r RATE] "
                     "[-R SECONDS] [-bHI] [-a FILE] [-t MS]";
  for (int c; (c = getopt(argc, argv, "i:c:o:k:s:r:R:bHIa:t:")) != -1;) {
    switch (c) {
      case 'i': interface = optarg; break;
      case 'c': count = (uint32_t)atol(optarg); break;
      case 'o': first = (uint32_t)atol(optarg); break;
      case 'k': outstanding = atoi(optarg); break;
      case 's': dora_seconds = atof(optarg); break;
      case 'r': rate = atoi(optarg); break;
      case 'R': renew_seconds = atof(optarg); break;
      case 'b': broadcast_flag = 1; break;
      case 'H': host_names = 1; break;
      case 'I': client_ids = 1; break;
      case 'a':
        log_fd = open(optarg, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (log_fd < 0) fail(optarg);
        break;
      case 't': resend_after = (uint64_t)atoi(optarg) * 1000000u; break;
      default: usage(help);
    }
  }
  if (!interface || count < 1 || outstanding < 1) usage(help);
  clients = calloc(count, sizeof *clients);
  active = calloc(count, sizeof *active);
  place = calloc(count, sizeof *place);
  holder = malloc(sizeof *holder << ADDRESS_BITS);
  if (!clients || !active || !place || !holder) fail("memory");
  memset(holder, 0xff, sizeof *holder << ADDRESS_BITS);
  random_state ^= now_ns(); /* transaction ids must differ from run to run */
  prctl(PR_SET_TIMERSLACK, 1);
  open_socket();
  phase("dora", IDLE, SELECTING, dora_seconds);
  if (renew_seconds > 0) phase("renew", BOUND, RENEWING, renew_seconds);
  return 0;
}
