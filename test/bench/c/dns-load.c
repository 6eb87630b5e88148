/*
 * DNS load: a closed loop (a fixed number of queries outstanding) or an open one (a fixed rate), with every answer
 * checked against the bench zone: h00000 … h<names-1> have A 10.64.0.0 + i, x00000 … x<names/10-1> do not exist.
 *
 *   dns-load -s SERVER [-p PORT] [-z ZONE] [-n NAMES] [-x PERCENT] [-w WINDOW] [-d SECONDS] [-r RATE] [-e] [-k] [-t MS]
 *
 *   -x  percentage of queries for names that do not exist       -w  queries outstanding in the closed loop
 *   -r  queries a second: open loop instead of closed           -e  send an EDNS OPT record (RFC 6891)
 *   -k  send DO with it, and expect each answer with one signature, each denial with a proof (RFC 4035)
 *   -t  a query unanswered for so long counts as lost and is sent again
 *
 * Prints one JSON object. In the open loop, latency runs from the instant at which the query was due, so that a stalled
 * server (or generator) is charged for every query that it held up.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { BATCH = 64, MAX_SLOTS = 4096, MAX_QUERY = 128, MAX_ANSWER = 1500 };

struct slot {
  uint64_t since;
  uint32_t name;
  uint16_t generation, length;
  uint8_t busy, query[MAX_QUERY];
};
static struct slot slots[MAX_SLOTS];
static uint16_t free_slots[MAX_SLOTS];
static int free_count;

static int names = 10000, percent_nx = 10, window = 100, rate, edns, signatures, port = 53;
static uint64_t lost_after = 250000000u;
static double seconds = 3;
static const char *zone = "bench.internal", *server;

static uint64_t sent, answered, lost, wrong, stray, held_back;
static struct histogram latency;
static int sock;

static uint8_t out[BATCH][MAX_QUERY], in[BATCH][MAX_ANSWER];
static struct mmsghdr out_messages[BATCH], in_messages[BATCH];
static struct iovec out_vectors[BATCH], in_vectors[BATCH];
static int queued;

static uint8_t suffix[80]; /* the zone's labels, type A, class IN */
static int suffix_length;

static void prepare(void) {
  const char *t = zone;
  while (*t) {
    int n = (int)strcspn(t, ".");
    suffix[suffix_length++] = (uint8_t)n;
    memcpy(suffix + suffix_length, t, (size_t)n);
    suffix_length += n;
    t += n + (t[n] == '.');
  }
  suffix[suffix_length++] = 0;
  put32(suffix + suffix_length, 1u << 16 | 1);
  suffix_length += 4;
  for (int i = 0; i < BATCH; i++) {
    out_vectors[i].iov_base = out[i];
    in_vectors[i] = (struct iovec){in[i], MAX_ANSWER};
    out_messages[i].msg_hdr = (struct msghdr){.msg_iov = &out_vectors[i], .msg_iovlen = 1};
    in_messages[i].msg_hdr = (struct msghdr){.msg_iov = &in_vectors[i], .msg_iovlen = 1};
  }
}

static void send_queued(void) {
  int done = 0;
  while (done < queued) {
    int n = sendmmsg(sock, out_messages + done, (unsigned)(queued - done), 0);
    if (n < 0) {
      if (errno == EINTR || errno == ECONNREFUSED) continue;
      if (errno == ENOBUFS || errno == EAGAIN) break; /* counts as lost by its time-out */
      fail("sendmmsg");
    }
    done += n;
  }
  queued = 0;
}

/* Puts the slot's query into the batch under a new id: a late answer to the last try is not taken for this one's. */
static void enqueue(int index, uint64_t since) {
  struct slot *s = &slots[index];
  s->generation = (uint16_t)((s->generation + 1) & 15);
  s->since = since;
  put16(s->query, (uint16_t)(s->generation << 12 | index));
  memcpy(out[queued], s->query, s->length);
  out_vectors[queued].iov_len = s->length;
  sent++;
  if (++queued == BATCH) send_queued();
}

static void ask(int index, uint64_t since) {
  struct slot *s = &slots[index];
  int missing = (int)random_below(100) < percent_nx;
  uint32_t n = random_below(missing ? (uint32_t)(names / 10 > 0 ? names / 10 : 1) : (uint32_t)names);
  s->name = n | (missing ? 0x80000000u : 0);
  s->busy = 1;
  uint8_t *q = s->query;
  memset(q, 0, 12);
  q[2] = 1; /* RD */
  q[5] = 1;
  q[12] = 6;
  q[13] = missing ? 'x' : 'h';
  for (int i = 18; i > 13; i--, n /= 10) q[i] = (uint8_t)('0' + n % 10);
  memcpy(q + 19, suffix, (size_t)suffix_length);
  s->length = (uint16_t)(19 + suffix_length);
  if (edns) {
    q[11] = 1;
    uint8_t *o = q + s->length; /* root, OPT, 1232 octets, DO or no flag, no options */
    memset(o, 0, 11);
    o[2] = 41;
    put16(o + 3, 1232);
    o[7] = signatures ? 0x80 : 0;
    s->length = (uint16_t)(s->length + 11);
  }
  enqueue(index, since);
}

/* Whether a response says what the bench zone says. */
static int right(const struct slot *s, const uint8_t *m, int length) {
  int question = 19 - 12 + suffix_length;
  int rcode = m[3] & 15, answers = get16(m + 6);
  if (get16(m + 4) != 1 || (m[2] & 0x82) != 0x80 || memcmp(m + 12, s->query + 12, (size_t)question) != 0) return 0;
  if (s->name & 0x80000000u) return rcode == 3 && answers == 0 && (!signatures || get16(m + 8) >= 4);
  const uint8_t *rr = m + 12 + question;
  return rcode == 0 && answers == 1 + signatures && length >= 12 + question + 16 && get16(rr) == 0xc00c && get16(rr + 2) == 1 &&
         get16(rr + 10) == 4 && get32(rr + 12) == 0x0a400000u + s->name;
}

/* Takes what has come; the number of answers, each with its slot now free. */
static int receive(void) {
  int n = recvmmsg(sock, in_messages, BATCH, MSG_DONTWAIT, NULL);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED) return 0;
    fail("recvmmsg");
  }
  uint64_t now = now_ns();
  int taken = 0;
  for (int i = 0; i < n; i++) {
    int length = (int)in_messages[i].msg_len;
    int id = length < 12 ? 0 : get16(in[i]);
    struct slot *s = &slots[id & 0xfff];
    if (length < 12 + 7 + suffix_length || !s->busy || s->generation != id >> 12) {
      stray++;
      continue;
    }
    answered++;
    wrong += (uint64_t)!right(s, in[i], length);
    histogram_add(&latency, now > s->since ? now - s->since : 0);
    s->busy = 0;
    free_slots[free_count++] = (uint16_t)(id & 0xfff);
    taken++;
  }
  return taken;
}

/* Sends again what waits too long. In the open loop the first instant stays: the wait is part of the latency. */
static void resend_lost(int count, uint64_t now) {
  static uint64_t tried[MAX_SLOTS];
  for (int i = 0; i < count; i++) {
    struct slot *s = &slots[i];
    uint64_t last = s->since > tried[i] ? s->since : tried[i];
    if (!s->busy || now - last < lost_after || now < last) continue;
    lost++;
    tried[i] = now;
    enqueue(i, rate > 0 ? s->since : now);
  }
  send_queued();
}

static void closed_loop(uint64_t start, uint64_t end) {
  struct pollfd p = {.fd = sock, .events = POLLIN};
  uint64_t checked = start;
  free_count = 0;
  for (int i = window - 1; i >= 0; i--) free_slots[free_count++] = (uint16_t)i;
  for (;;) {
    uint64_t now = now_ns();
    if (now >= end) return;
    while (free_count > 0) ask(free_slots[--free_count], now);
    send_queued();
    if (receive() == 0) poll(&p, 1, 10);
    if (now - checked > lost_after / 4) resend_lost(window, checked = now);
  }
}

static void open_loop(uint64_t start, uint64_t end) {
  struct pollfd p = {.fd = sock, .events = POLLIN};
  uint64_t next = 0, checked = start;
  double gap = 1e9 / rate;
  prctl(PR_SET_TIMERSLACK, 1);
  for (int i = MAX_SLOTS - 1; i >= 0; i--) free_slots[free_count++] = (uint16_t)i;
  for (;;) {
    uint64_t now = now_ns(), due;
    if (now >= end) return;
    while ((due = start + (uint64_t)((double)next * gap)) <= now) {
      next++;
      if (free_count == 0) held_back++;
      else ask(free_slots[--free_count], due);
    }
    send_queued();
    while (receive() == BATCH) {}
    if (now - checked > lost_after / 4) resend_lost(MAX_SLOTS, checked = now);
    now = now_ns();
    if (due > now) {
      uint64_t wait = due - now < 20000 ? 20000 : due - now;
      struct timespec t = {.tv_sec = (time_t)(wait / 1000000000u), .tv_nsec = (long)(wait % 1000000000u)};
      ppoll(&p, 1, &t, NULL);
    }
  }
}

int main(int argc, char **argv) {
  const char *help = "dns-load -s SERVER [-p PORT] [-z ZONE] [-n NAMES] [-x PERCENT] [-w WINDOW] [-d SECONDS] "
                     "[-r RATE] [-e] [-k] [-t MS]";
  for (int c; (c = getopt(argc, argv, "s:p:z:n:x:w:d:r:ekt:")) != -1;) {
    switch (c) {
      case 's': server = optarg; break;
      case 'p': port = atoi(optarg); break;
      case 'z': zone = optarg; break;
      case 'n': names = atoi(optarg); break;
      case 'x': percent_nx = atoi(optarg); break;
      case 'w': window = atoi(optarg); break;
      case 'd': seconds = atof(optarg); break;
      case 'r': rate = atoi(optarg); break;
      case 'e': edns = 1; break;
      case 'k': edns = signatures = 1; break;
      case 't': lost_after = (uint64_t)atoi(optarg) * 1000000u; break;
      default: usage(help);
    }
  }
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (!server || inet_pton(AF_INET, server, &to.sin_addr) != 1 || strlen(zone) > 64) usage(help);
  if (window < 1 || window > MAX_SLOTS) usage("-w 1 to 4096");
  sock = socket(AF_INET, SOCK_DGRAM, 0);
  int size = 8 << 20;
  if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
    setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (connect(sock, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
  prepare();
  uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9);
  if (rate > 0) open_loop(start, end);
  else closed_loop(start, end);
  double took = (double)(now_ns() - start) / 1e9;
  printf("{\"sent\":%lu,\"answered\":%lu,\"lost\":%lu,\"wrong\":%lu,\"stray\":%lu,\"held_back\":%lu,", sent,
         answered, lost, wrong, stray, held_back);
  printf("\"seconds\":%.3f,\"qps\":%.0f,", took, (double)answered / took);
  histogram_json(&latency, "", stdout);
  puts("}");
  return 0;
}
