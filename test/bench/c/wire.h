/*
 * What the bench programs share: byte order, Internet checksums (RFC 1071), monotonic time, random numbers by seed,
 * a latency histogram, and fatal errors. Header only; every program is one file and links with nothing but libc.
 */
#ifndef TAPROOT_BENCH_WIRE_H
#define TAPROOT_BENCH_WIRE_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline uint16_t get16(const uint8_t *b) { return (uint16_t)(b[0] << 8 | b[1]); }
static inline uint32_t get32(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
static inline void put16(uint8_t *b, uint16_t v) { b[0] = (uint8_t)(v >> 8); b[1] = (uint8_t)v; }
static inline void put32(uint8_t *b, uint32_t v) { put16(b, (uint16_t)(v >> 16)); put16(b + 2, (uint16_t)v); }

/* Sum of big-endian 16-bit words, not folded: 64 KiB of them do not overflow. */
static inline uint32_t sum_words(const uint8_t *b, int length, uint32_t sum) {
  for (; length > 1; b += 2, length -= 2) sum += get16(b);
  return length == 1 ? sum + (uint32_t)(b[0] << 8) : sum;
}
static inline uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}
/* Sum of a UDP datagram at `udp` with the pseudo-header of the IPv4 header at `ip` (RFC 768). */
static inline uint32_t udp_sum(const uint8_t *ip, const uint8_t *udp, int length) {
  return sum_words(udp, length, sum_words(ip + 12, 8, 17u + (uint32_t)length));
}

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* xorshift64*: fast, seeded, good enough to choose names with. */
static uint64_t random_state = 0x9e3779b97f4a7c15u;
static inline uint32_t random_u32(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (uint32_t)(random_state * 0x2545f4914f6cdd1du >> 32);
}
static inline uint32_t random_below(uint32_t n) { return (uint32_t)((uint64_t)random_u32() * n >> 32); }

/* Latencies in buckets of 1/32 octave from 1 ns to 2^40 ns: an error of at most 3%, whatever the value. */
enum { HISTOGRAM_SUB = 32, HISTOGRAM_BUCKETS = 41 * HISTOGRAM_SUB };
struct histogram { uint64_t count, max; uint64_t bucket[HISTOGRAM_BUCKETS]; };

static inline void histogram_add(struct histogram *h, uint64_t ns) {
  int octave = 63 - __builtin_clzll(ns | 1);
  if (octave > 40) octave = 40;
  int sub = octave < 5 ? 0 : (int)(ns >> (octave - 5)) & (HISTOGRAM_SUB - 1);
  h->bucket[octave * HISTOGRAM_SUB + sub]++;
  h->count++;
  if (ns > h->max) h->max = ns;
}
/* The value that `share` (0 to 1) of all latencies do not exceed, in microseconds. */
static inline double histogram_us(const struct histogram *h, double share) {
  uint64_t want = (uint64_t)((double)h->count * share), seen = 0;
  for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
    seen += h->bucket[i];
    if (seen > want || (seen == h->count && seen > 0)) {
      int octave = i / HISTOGRAM_SUB, sub = i % HISTOGRAM_SUB;
      double low = (double)(1ull << octave);
      return low * (1.0 + (double)sub / HISTOGRAM_SUB) / 1000.0;
    }
  }
  return 0;
}
/* The members of a JSON object, without braces. */
static inline void histogram_json(const struct histogram *h, const char *prefix, FILE *out) {
  fprintf(out, "\"%sp50_us\":%.1f,\"%sp99_us\":%.1f,\"%sp999_us\":%.1f,\"%smax_us\":%.1f", prefix, histogram_us(h, 0.5),
          prefix, histogram_us(h, 0.99), prefix, histogram_us(h, 0.999), prefix, (double)h->max / 1000.0);
}

static inline void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}
static inline void usage(const char *text) {
  fprintf(stderr, "usage: %s\n", text);
  exit(2);
}

#endif
