/*
 * What stands at the other end of a TCP or UDP benchmark: the Linux kernel's sockets, driven with as little as can be.
 *
 *   tcp-load serve                                        TCP: takes everything on port 9 (RFC 863), and sends without
 *                                                         end on port 19; UDP: echoes on port 7 (RFC 862). "ready".
 *   tcp-load send ADDRESS PORT SECONDS                    one stream to a sink, until the sink has closed
 *   tcp-load receive ADDRESS PORT SECONDS                 one stream from a source
 *   tcp-load requests ADDRESS PORT SECONDS CONNECTIONS    connect, GET /, read to the end, close, and again
 *   tcp-load echo ADDRESS PORT SECONDS WINDOW OCTETS      UDP datagrams, WINDOW of them under way
 *   tcp-load idle ADDRESS PORT COUNT                      opens COUNT connections, says "open", keeps them until killed
 *
 * All but serve and idle print one JSON object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { SINK = 9, SOURCE = 19, ECHO = 7, CHUNK = 256 << 10, BATCH = 64, MAX_ECHO = 1472 };
enum { MAX_WINDOW = 4096, MAX_SLOTS = 1024 };

static uint8_t chunk[CHUNK];

static struct sockaddr_in address_of(const char *text, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, text, &to.sin_addr) != 1) usage("ADDRESS is IPv4 text");
  return to;
}

static int listening(int port) {
  int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in at = address_of("0.0.0.0", port);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(s, (struct sockaddr *)&at, sizeof at) < 0 || listen(s, 4096) < 0) fail("listen");
  return s;
}

static void drain(int s) {
  while (read(s, chunk, CHUNK) > 0) {}
}

static void pour(int s) {
  while (write(s, chunk, CHUNK) > 0) {}
}

/* Whether this is a new process, which ends with the one that made it. */
static int forked(void) {
  if (fork() != 0) return 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return 1;
}

static void accept_all(int port, void (*with)(int)) {
  int s = listening(port);
  if (!forked()) return;
  for (;;) {
    int c = accept(s, NULL, NULL);
    if (c < 0) continue;
    if (forked()) {
      with(c);
      _exit(0);
    }
    close(c);
  }
}

static struct mmsghdr messages[BATCH];
static struct iovec vectors[BATCH];
static struct sockaddr_in peers[BATCH];
static uint8_t datagrams[BATCH][MAX_ECHO];

static void ready_to_receive(void) {
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){datagrams[i], MAX_ECHO};
    messages[i].msg_hdr = (struct msghdr){
      .msg_iov = &vectors[i], .msg_iovlen = 1, .msg_name = &peers[i], .msg_namelen = sizeof peers[i],
    };
  }
}

static void big_buffers(int s) {
  int size = 8 << 20;
  if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

static void echo_all(int port) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in at = address_of("0.0.0.0", port);
  big_buffers(s);
  if (bind(s, (struct sockaddr *)&at, sizeof at) < 0) fail("bind");
  if (!forked()) return;
  for (;;) {
    ready_to_receive();
    int n = recvmmsg(s, messages, BATCH, MSG_WAITFORONE, NULL);
    if (n < 0) continue;
    for (int i = 0; i < n; i++) vectors[i].iov_len = messages[i].msg_len;
    for (int done = 0; done < n;) {
      int sent = sendmmsg(s, messages + done, (unsigned)(n - done), 0);
      if (sent <= 0) break;
      done += sent;
    }
  }
}

static int connected(const struct sockaddr_in *to, int type) {
  int s = socket(AF_INET, type, 0);
  if (s < 0) fail("socket");
  if (connect(s, (const struct sockaddr *)to, sizeof *to) < 0) fail("connect");
  return s;
}

static void bulk(const struct sockaddr_in *to, double seconds, int sending) {
  int s = connected(to, SOCK_STREAM);
  uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), octets = 0;
  while (now_ns() < end) {
    ssize_t n = sending ? write(s, chunk, CHUNK) : read(s, chunk, CHUNK);
    if (n <= 0) fail(sending ? "write" : "read");
    octets += (uint64_t)n;
  }
  if (sending) {
    /* What lies in the buffers is not delivered yet: the sink closes when it has everything. */
    shutdown(s, SHUT_WR);
    while (read(s, chunk, CHUNK) > 0) {}
  }
  double took = (double)(now_ns() - start) / 1e9;
  struct tcp_info about;
  socklen_t length = sizeof about;
  if (getsockopt(s, IPPROTO_TCP, TCP_INFO, &about, &length) < 0) fail("TCP_INFO");
  printf("{\"octets\":%lu,\"seconds\":%.4f,\"gbits\":%.4f,\"mss\":%u,\"retransmitted\":%u}\n", octets, took,
         (double)octets * 8 / took / 1e9, about.tcpi_snd_mss, about.tcpi_total_retrans);
}

struct slot { uint64_t since; int fd; uint32_t got; char head[12]; };
static struct slot slots[MAX_SLOTS];
static uint64_t done, failed;
static struct histogram latency;
static int poller;

static void begin(const struct sockaddr_in *to, int index) {
  struct slot *s = &slots[index];
  s->since = now_ns();
  s->got = 0;
  s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (s->fd < 0) fail("socket");
  if (connect(s->fd, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS) fail("connect");
  struct epoll_event e = {.events = EPOLLOUT, .data.u32 = (uint32_t)index};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, s->fd, &e) < 0) fail("epoll_ctl");
}

/* Goes on with one connection; whether it is over. */
static int go_on(int index, uint32_t events) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
  struct slot *s = &slots[index];
  if (events & EPOLLOUT) {
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    if (write(s->fd, request, sizeof request - 1) != sizeof request - 1) return failed++, 1;
    if (epoll_ctl(poller, EPOLL_CTL_MOD, s->fd, &e) < 0) fail("epoll_ctl");
    return 0;
  }
  for (;;) {
    char answer[4096];
    ssize_t n = read(s->fd, answer, sizeof answer);
    if (n > 0) {
      for (ssize_t i = 0; i < n && s->got + i < 12; i++) s->head[s->got + i] = answer[i];
      s->got += (uint32_t)n;
    } else if (n < 0 && errno == EAGAIN) {
      return 0;
    } else {
      if (n < 0 || s->got < 12 || memcmp(s->head, "HTTP/1.1 200", 12) != 0) return failed++, 1;
      done++;
      histogram_add(&latency, now_ns() - s->since);
      return 1;
    }
  }
}

static void requests(const struct sockaddr_in *to, double seconds, int connections) {
  uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9);
  struct epoll_event events[BATCH];
  poller = epoll_create1(0);
  for (int i = 0; i < connections; i++) begin(to, i);
  while (now_ns() < end) {
    int n = epoll_wait(poller, events, BATCH, 100);
    for (int i = 0; i < n; i++) {
      int index = (int)events[i].data.u32;
      if (!go_on(index, events[i].events)) continue;
      close(slots[index].fd);
      begin(to, index);
    }
  }
  double took = (double)(now_ns() - start) / 1e9;
  printf("{\"completed\":%lu,\"failed\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,", done, failed, took,
         (double)done / took);
  histogram_json(&latency, "", stdout);
  puts("}");
}

static void echo(const struct sockaddr_in *to, double seconds, int window, int octets) {
  static uint64_t since[MAX_WINDOW];
  static uint32_t round[MAX_WINDOW];
  static uint8_t out[MAX_ECHO];
  uint64_t lost_after = 250000000u, lost = 0, stray = 0, start = now_ns(), end = start + (uint64_t)(seconds * 1e9);
  int s = connected(to, SOCK_DGRAM);
  struct pollfd p = {.fd = s, .events = POLLIN};
  big_buffers(s);
  uint64_t checked = start, now = start;
  for (int i = 0; i < window; i++) since[i] = 0;
  for (;;) {
    for (int i = 0; i < window; i++) {
      /* At the beginning, and now and then: what is under way for too long is sent again. */
      if (since[i] != 0 && now - since[i] < lost_after) continue;
      lost += since[i] != 0;
      since[i] = now;
      put32(out, (uint32_t)i);
      put32(out + 4, ++round[i]);
      send(s, out, (size_t)octets, 0);
    }
    checked = now;
    while (now - checked < lost_after / 4) {
      ready_to_receive();
      int n = recvmmsg(s, messages, BATCH, MSG_DONTWAIT, NULL), back = 0;
      now = now_ns();
      if (now >= end) goto over;
      for (int i = 0; i < n; i++) {
        uint32_t index = get32(datagrams[i]);
        int ours = (int)messages[i].msg_len == octets && index < (uint32_t)window;
        if (!ours || get32(datagrams[i] + 4) != round[index]) {
          stray++;
          continue;
        }
        done++;
        histogram_add(&latency, now - since[index]);
        since[index] = now;
        put32(datagrams[i] + 4, ++round[index]);
        messages[back] = messages[i];
        messages[back].msg_hdr.msg_name = NULL;
        messages[back].msg_hdr.msg_namelen = 0;
        vectors[i].iov_len = (size_t)octets;
        back++;
      }
      for (int sent = 0; sent < back;) {
        int some = sendmmsg(s, messages + sent, (unsigned)(back - sent), 0);
        if (some <= 0) break;
        sent += some;
      }
      if (n <= 0) poll(&p, 1, 10);
    }
  }
over:;
  double took = (double)(now_ns() - start) / 1e9;
  printf("{\"completed\":%lu,\"lost\":%lu,\"stray\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,", done, lost, stray, took,
         (double)done / took);
  histogram_json(&latency, "", stdout);
  puts("}");
}

static void idle(const struct sockaddr_in *to, int count) {
  struct rlimit most = {(rlim_t)count + 64, (rlim_t)count + 64};
  if (setrlimit(RLIMIT_NOFILE, &most) < 0) fail("setrlimit");
  for (int i = 0; i < count; i++) connected(to, SOCK_STREAM);
  puts("open");
  fflush(stdout);
  pause();
}

int main(int argc, char **argv) {
  const char *help = "tcp-load serve | send|receive ADDRESS PORT SECONDS | requests ADDRESS PORT SECONDS CONNECTIONS | "
                     "echo ADDRESS PORT SECONDS WINDOW OCTETS | idle ADDRESS PORT COUNT";
  const char *mode = argc > 1 ? argv[1] : "";
  signal(SIGPIPE, SIG_IGN);
  if (strcmp(mode, "serve") == 0) {
    signal(SIGCHLD, SIG_IGN);
    accept_all(SINK, drain);
    accept_all(SOURCE, pour);
    echo_all(ECHO);
    puts("ready");
    fflush(stdout);
    pause();
  }
  if (argc < 5) usage(help);
  struct sockaddr_in to = address_of(argv[2], atoi(argv[3]));
  double amount = atof(argv[4]);
  int more = argc > 5 ? atoi(argv[5]) : 0, octets = argc > 6 ? atoi(argv[6]) : 0;
  if (strcmp(mode, "send") == 0) bulk(&to, amount, 1);
  else if (strcmp(mode, "receive") == 0) bulk(&to, amount, 0);
  else if (strcmp(mode, "idle") == 0) idle(&to, (int)amount);
  else if (strcmp(mode, "requests") == 0 && more > 0 && more <= MAX_SLOTS) requests(&to, amount, more);
  else if (strcmp(mode, "echo") == 0 && more > 0 && more <= MAX_WINDOW && octets >= 8 && octets <= MAX_ECHO)
    echo(&to, amount, more, octets);
  else usage(help);
  return 0;
}
