/*
 * Sends Ethernet frames as they are: one a line of standard input, in hexadecimal; prints how many were sent.
 *
 *   raw-send INTERFACE < frames
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "wire.h"

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

int main(int argc, char **argv) {
  if (argc != 2) usage("raw-send INTERFACE < frames");
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (at.sll_ifindex == 0) fail(argv[1]);
  int sock = socket(AF_PACKET, SOCK_RAW, 0);
  if (sock < 0 || bind(sock, (struct sockaddr *)&at, sizeof at) < 0) fail("AF_PACKET socket");
  static char line[8192];
  static uint8_t frame[4096];
  unsigned long sent = 0;
  while (fgets(line, sizeof line, stdin)) {
    size_t n = 0;
    for (char *c = line; digit(c[0]) >= 0 && digit(c[1]) >= 0; c += 2)
      frame[n++] = (uint8_t)(digit(c[0]) << 4 | digit(c[1]));
    if (n == 0) continue;
    if (send(sock, frame, n, 0) < 0) fail("send");
    sent++;
  }
  printf("%lu\n", sent);
  return 0;
}
