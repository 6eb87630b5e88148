/*
 * The TAP device for Node: /dev/net/tun through Node-API (version 8), in plain C. Read first: the kernel's
 * Documentation/networking/tuntap.rst, netdevice(7).
 *
 * Frames cross in batches. start() takes buffers that JavaScript allocated, one each way, and an array of the frames'
 * lengths for each. In a buffer frames lie behind each other: the first FRAME_AT octets from its start, each further one
 * FRAME_AT octets from the next multiple of PLACE_ALIGN behind the one before; so a batch of small frames stays within a
 * few pages, and one of super-segments within the cache. Right before a frame lies its virtio-net header (virtio 1.2
 * §5.1.6, ten octets, little-endian) on a device that was opened with offloads. When the device is readable, as many frames
 * are read as there are lengths and room, and ONE callback runs with their count; flush() writes all queued frames in ONE
 * call.
 * Nothing is allocated per frame and no object is made for one (measured: 0.90 of a C program's rate, against 0.05–0.37
 * for streams and events).
 *
 * State is kept per environment and per device, never in statics, so that several worker threads may each have devices.
 * read and write go through syscall(2): glibc's wrappers cost 3 % for thread cancellation, which nobody uses here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

/* Batches taken per readiness callback before the event loop gets its turn: bounds how long timers and messages wait. */
#define ROUNDS_PER_CALLBACK 4
/* So that an IPv4 header behind 14 octets of Ethernet is aligned to 4, and a virtio-net header fits before. */
#define FRAME_AT 10
#define PLACE_ALIGN 64
#define VNET_HEADER_BYTES 10

/* ---- errors and arguments ---------------------------------------------------------------------------------------- */

/* Throws an Error with `code` ("EBUSY"), `errno`, and a message that names the step. Returns NULL for `return`. */
static napi_value throw_errno(napi_env env, int number, const char *step) {
  const char *name = strerrorname_np(number);
  char text[256];
  snprintf(text, sizeof text, "%s: %s", step, strerror(number));
  napi_value code, message, error, value;
  napi_create_string_utf8(env, name ? name : "EUNKNOWN", NAPI_AUTO_LENGTH, &code);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, code, message, &error);
  napi_create_int32(env, number, &value);
  napi_set_named_property(env, error, "errno", value);
  napi_create_string_utf8(env, step, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, error, "step", value);
  napi_throw(env, error);
  return NULL;
}

static bool arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *into) {
  size_t count = wanted;
  napi_get_cb_info(env, info, &count, into, NULL, NULL);
  if (count >= wanted) return true;
  napi_throw_type_error(env, NULL, "too few arguments");
  return false;
}

/* Reads an interface name; throws and returns false unless it fits IFNAMSIZ. */
static bool interface_name(napi_env env, napi_value value, char name[IFNAMSIZ]) {
  size_t length = 0;
  char text[64];
  if (napi_get_value_string_utf8(env, value, text, sizeof text, &length) != napi_ok || length == 0 || length >= IFNAMSIZ) {
    napi_throw_type_error(env, NULL, "an interface name has 1 to 15 octets");
    return false;
  }
  memcpy(name, text, length + 1);
  return true;
}

static int64_t int_of(napi_env env, napi_value value) {
  int64_t number = 0;
  napi_get_value_int64(env, value, &number);
  return number;
}

/* ---- the host's side: ioctls on a throw-away socket ---------------------------------------------------------------- */

static int control_socket(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }

/* Runs one ioctl on a fresh socket and throws on failure. */
static bool control(napi_env env, unsigned long request, void *argument, const char *step) {
  int fd = control_socket();
  if (fd < 0) {
    throw_errno(env, errno, "socket");
    return false;
  }
  int failed = ioctl(fd, request, argument) < 0 ? errno : 0;
  close(fd);
  if (failed == 0) return true;
  throw_errno(env, failed, step);
  return false;
}

/*
 * Opens the device in one of its two modes. With offloads every frame has a virtio-net header, and the kernel may leave
 * checksums open and hand over super-segments of TCP over IPv4; without, a device that had them before is told to stop.
 * Returns the descriptor, or -1 with errno and *step set. `request` has the name; the kernel may complete it.
 */
static int open_device(struct ifreq *request, bool offloads, const char **step) {
  int header = VNET_HEADER_BYTES, little_endian = 1;
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  *step = "open /dev/net/tun";
  if (fd < 0) return -1;
  request->ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (offloads ? IFF_VNET_HDR : 0));
  bool done = ioctl(fd, TUNSETIFF, request) >= 0;
  *step = "TUNSETIFF";
  if (done && offloads) {
    done = ioctl(fd, TUNSETVNETHDRSZ, &header) >= 0 && ioctl(fd, TUNSETVNETLE, &little_endian) >= 0 &&
           ioctl(fd, TUNSETOFFLOAD, (unsigned long)(TUN_F_CSUM | TUN_F_TSO4)) >= 0;
    *step = "TUNSETOFFLOAD";
  } else if (done) {
    ioctl(fd, TUNSETOFFLOAD, 0UL);
  }
  if (done) return fd;
  int failed = errno;
  close(fd);
  errno = failed;
  return -1;
}

/* create(name, attachOnly, persist, ownerUid, offloads) → { fd, name, created, offloads }. ownerUid < 0: none. */
static napi_value create(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  char name[IFNAMSIZ];
  if (!arguments(env, info, 5, argv) || !interface_name(env, argv[0], name)) return NULL;
  bool attach_only = false, persist = false, offloads = false;
  napi_get_value_bool(env, argv[1], &attach_only);
  napi_get_value_bool(env, argv[2], &persist);
  int64_t owner = int_of(env, argv[3]);
  napi_get_value_bool(env, argv[4], &offloads);
  bool existed = if_nametoindex(name) != 0;
  if (attach_only && !existed) return throw_errno(env, ENODEV, "attach");

  const char *step;
  struct ifreq request = {0};
  memcpy(request.ifr_name, name, IFNAMSIZ);
  int fd = open_device(&request, offloads, &step);
  /* A kernel that refuses the offloads may still have the plain device. */
  if (fd < 0 && offloads) fd = open_device(&request, offloads = false, &step);
  if (fd < 0) return throw_errno(env, errno, step);
  if ((owner >= 0 && ioctl(fd, TUNSETOWNER, (unsigned long)owner) < 0) || (persist && ioctl(fd, TUNSETPERSIST, 1UL) < 0)) {
    int failed = errno;
    close(fd);
    return throw_errno(env, failed, "TUNSETOWNER or TUNSETPERSIST");
  }
  napi_value result, value;
  napi_create_object(env, &result);
  napi_create_int32(env, fd, &value);
  napi_set_named_property(env, result, "fd", value);
  napi_create_string_utf8(env, request.ifr_name, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, result, "name", value);
  napi_get_boolean(env, !existed, &value);
  napi_set_named_property(env, result, "created", value);
  napi_get_boolean(env, offloads, &value);
  napi_set_named_property(env, result, "offloads", value);
  return result;
}

/* setMac(name, Uint8Array(6)): the host end's Ethernet address. */
static napi_value set_mac(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  struct ifreq request = {0};
  if (!arguments(env, info, 2, argv) || !interface_name(env, argv[0], request.ifr_name)) return NULL;
  void *octets;
  size_t length;
  if (napi_get_typedarray_info(env, argv[1], NULL, &length, &octets, NULL, NULL) != napi_ok || length != 6)
    return napi_throw_type_error(env, NULL, "an Ethernet address has 6 octets"), NULL;
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  memcpy(request.ifr_hwaddr.sa_data, octets, 6);
  control(env, SIOCSIFHWADDR, &request, "SIOCSIFHWADDR");
  return NULL;
}

/* setMtu(name, octets) */
static napi_value set_mtu(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  struct ifreq request = {0};
  if (!arguments(env, info, 2, argv) || !interface_name(env, argv[0], request.ifr_name)) return NULL;
  request.ifr_mtu = (int)int_of(env, argv[1]);
  control(env, SIOCSIFMTU, &request, "SIOCSIFMTU");
  return NULL;
}

/*
 * setTxQueueLength(name, frames): how many frames the kernel holds for us while we are busy. By netlink, because the ioctl
 * SIOCSIFTXQLEN asks for a right over the whole machine, which root of a user namespace has not.
 */
static napi_value set_tx_queue_length(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  char name[IFNAMSIZ];
  if (!arguments(env, info, 2, argv) || !interface_name(env, argv[0], name)) return NULL;
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
    struct rtattr attribute;
    uint32_t frames;
  } request = {
    .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_SETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
    .link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name)},
    .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_TXQLEN},
    .frames = (uint32_t)int_of(env, argv[1]),
  };
  struct {
    struct nlmsghdr header;
    struct nlmsgerr result;
    char request[sizeof request];
  } answer = {0};
  if (request.link.ifi_index == 0) return throw_errno(env, ENODEV, "transmit queue");
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return throw_errno(env, errno, "netlink socket");
  bool exchanged = send(fd, &request, sizeof request, 0) >= 0 && recv(fd, &answer, sizeof answer, 0) >= 0;
  int failed = exchanged ? -answer.result.error : errno;
  close(fd);
  return failed == 0 ? NULL : throw_errno(env, failed, "transmit queue");
}

/* setUp(name, up) */
static napi_value set_up(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  struct ifreq request = {0};
  bool up = false;
  if (!arguments(env, info, 2, argv) || !interface_name(env, argv[0], request.ifr_name)) return NULL;
  napi_get_value_bool(env, argv[1], &up);
  if (!control(env, SIOCGIFFLAGS, &request, "SIOCGIFFLAGS")) return NULL;
  request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  control(env, SIOCSIFFLAGS, &request, "SIOCSIFFLAGS");
  return NULL;
}

/* setAddress(name, address, mask): both int32 in host order. */
static napi_value set_address(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  struct ifreq request = {0};
  if (!arguments(env, info, 3, argv) || !interface_name(env, argv[0], request.ifr_name)) return NULL;
  struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl((uint32_t)int_of(env, argv[1]));
  if (!control(env, SIOCSIFADDR, &request, "SIOCSIFADDR")) return NULL;
  address->sin_addr.s_addr = htonl((uint32_t)int_of(env, argv[2]));
  control(env, SIOCSIFNETMASK, &request, "SIOCSIFNETMASK");
  return NULL;
}

/* addBridge(name): makes a bridge; one that exists is not an error. */
static napi_value add_bridge(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  char name[IFNAMSIZ];
  if (!arguments(env, info, 1, argv) || !interface_name(env, argv[0], name)) return NULL;
  if (if_nametoindex(name) == 0) control(env, SIOCBRADDBR, name, "SIOCBRADDBR");
  return NULL;
}

/* joinBridge(bridge, name): makes `name` a port of `bridge`; already being a port of it is not an error. */
static napi_value join_bridge(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  struct ifreq request = {0};
  char name[IFNAMSIZ];
  if (!arguments(env, info, 2, argv) || !interface_name(env, argv[0], request.ifr_name) || !interface_name(env, argv[1], name))
    return NULL;
  request.ifr_ifindex = (int)if_nametoindex(name);
  control(env, SIOCBRADDIF, &request, "SIOCBRADDIF");
  return NULL;
}

/* removeBridge(name): takes it down and deletes it. */
static napi_value remove_bridge(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct ifreq request = {0};
  if (!arguments(env, info, 1, argv) || !interface_name(env, argv[0], request.ifr_name)) return NULL;
  char name[IFNAMSIZ];
  memcpy(name, request.ifr_name, IFNAMSIZ);
  if (!control(env, SIOCGIFFLAGS, &request, "SIOCGIFFLAGS")) return NULL;
  request.ifr_flags = (short)(request.ifr_flags & ~IFF_UP);
  if (!control(env, SIOCSIFFLAGS, &request, "SIOCSIFFLAGS")) return NULL;
  control(env, SIOCBRDELBR, name, "SIOCBRDELBR");
  return NULL;
}

/* setCarrier(fd, on): what the host sees as the cable. */
static napi_value set_carrier(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  if (!arguments(env, info, 2, argv)) return NULL;
  bool on = false;
  napi_get_value_bool(env, argv[1], &on);
  int carrier = on ? 1 : 0;
  if (ioctl((int)int_of(env, argv[0]), TUNSETCARRIER, &carrier) < 0) return throw_errno(env, errno, "TUNSETCARRIER");
  return NULL;
}

/*
 * closeFd(fd): a device that is not persistent goes with its last descriptor. One that stays must not hand super-segments to
 * a program that has not asked for them.
 */
static napi_value close_fd(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (!arguments(env, info, 1, argv)) return NULL;
  ioctl((int)int_of(env, argv[0]), TUNSETOFFLOAD, 0UL);
  if (close((int)int_of(env, argv[0])) < 0) return throw_errno(env, errno, "close");
  return NULL;
}

/* ---- frames ---------------------------------------------------------------------------------------------------------- */

typedef struct {
  napi_env env;
  uv_poll_t poll;
  int fd;
  bool running;
  uint8_t *rx, *tx;
  uint32_t *rx_lengths, *tx_lengths;
  uint32_t rx_bytes, tx_bytes;
  /* Frames at once; octets of the longest frame with what is before it; octets of virtio-net header, 0 for none. */
  uint32_t frames, room, header;
  napi_ref on_batch, on_error, rx_ref, tx_ref, rx_lengths_ref, tx_lengths_ref;
  napi_async_context context;
} device;

/* Where the place behind a frame begins that begins at `place` itself. */
static uint32_t next_place(uint32_t place, uint32_t length) {
  return (place + FRAME_AT + length + PLACE_ALIGN - 1) & ~(uint32_t)(PLACE_ALIGN - 1);
}

/*
 * Reads until the buffer is full or the device empty, which *empty says. Returns the count; a failure other than "empty"
 * goes to *failed.
 */
static uint32_t drain(device *d, bool *empty, int *failed) {
  uint32_t count = 0, place = 0;
  while (count < d->frames && place + d->room <= d->rx_bytes) {
    uint8_t *into = d->rx + place + FRAME_AT - d->header;
    long got = syscall(SYS_read, d->fd, into, d->room - FRAME_AT + d->header);
    if (got >= (long)d->header && got > 0) {
      d->rx_lengths[count] = (uint32_t)got - d->header;
      place = next_place(place, d->rx_lengths[count++]);
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno != EAGAIN) *failed = errno;
    *empty = true;
    break;
  }
  return count;
}

static void stop_polling(device *d) {
  if (d->running) uv_poll_stop(&d->poll);
  d->running = false;
}

static void call(device *d, napi_ref function, napi_value argument) {
  napi_value callback, receiver;
  napi_get_reference_value(d->env, function, &callback);
  napi_get_global(d->env, &receiver);
  /* make_callback, so that promises and nextTick of what ran are served before the loop waits again. */
  if (napi_make_callback(d->env, d->context, receiver, callback, 1, &argument, NULL) == napi_pending_exception) {
    napi_value error;
    napi_get_and_clear_last_exception(d->env, &error);
    napi_fatal_exception(d->env, error);
  }
}

static void readable(uv_poll_t *poll, int status, int events) {
  (void)events;
  device *d = poll->data;
  int failed = status < 0 ? -status : 0;
  bool empty = false;
  for (int round = 0; round < ROUNDS_PER_CALLBACK && failed == 0 && !empty && d->running; round++) {
    uint32_t count = drain(d, &empty, &failed);
    if (count == 0) break;
    napi_handle_scope scope;
    napi_open_handle_scope(d->env, &scope);
    napi_value argument;
    napi_create_uint32(d->env, count, &argument);
    call(d, d->on_batch, argument);
    napi_close_handle_scope(d->env, scope);
  }
  if (failed == 0 || !d->running) return;
  stop_polling(d);
  napi_handle_scope scope;
  napi_open_handle_scope(d->env, &scope);
  const char *name = strerrorname_np(failed);
  napi_value argument;
  napi_create_string_utf8(d->env, name ? name : "EUNKNOWN", NAPI_AUTO_LENGTH, &argument);
  call(d, d->on_error, argument);
  napi_close_handle_scope(d->env, scope);
}

static void closed(uv_handle_t *handle) { free(handle->data); }

/* Runs when the environment ends while the device is open: an open handle would abort the process. */
static void environment_ends(void *data) {
  device *d = data;
  stop_polling(d);
  uv_close((uv_handle_t *)&d->poll, closed);
}

static void keep(napi_env env, napi_value value, napi_ref *into) { napi_create_reference(env, value, 1, into); }

/* A typed array of at least `least` elements, and how many it has. */
static bool ring(napi_env env, napi_value value, napi_typedarray_type wanted, size_t least, void **into, uint32_t *length) {
  napi_typedarray_type type;
  size_t have;
  if (napi_get_typedarray_info(env, value, &type, &have, into, NULL, NULL) == napi_ok && type == wanted && have >= least) {
    *length = (uint32_t)have;
    return true;
  }
  napi_throw_type_error(env, NULL, "a ring is of the wrong type or too short");
  return false;
}

/*
 * start(fd, { frames, room, header }, rx, rxLengths, tx, txLengths, onBatch(count), onError(code)) → handle
 * rx, tx: Uint8Array of `room` octets or more; rxLengths, txLengths: Uint32Array of `frames`.
 */
static napi_value start(napi_env env, napi_callback_info info) {
  napi_value argv[8], value;
  uint32_t lengths;
  if (!arguments(env, info, 8, argv)) return NULL;
  device *d = calloc(1, sizeof *d);
  d->env = env;
  d->fd = (int)int_of(env, argv[0]);
  napi_get_named_property(env, argv[1], "frames", &value);
  d->frames = (uint32_t)int_of(env, value);
  napi_get_named_property(env, argv[1], "room", &value);
  d->room = (uint32_t)int_of(env, value);
  napi_get_named_property(env, argv[1], "header", &value);
  d->header = (uint32_t)int_of(env, value);
  uv_loop_t *loop;
  if (!ring(env, argv[2], napi_uint8_array, d->room, (void **)&d->rx, &d->rx_bytes) ||
      !ring(env, argv[3], napi_uint32_array, d->frames, (void **)&d->rx_lengths, &lengths) ||
      !ring(env, argv[4], napi_uint8_array, d->room, (void **)&d->tx, &d->tx_bytes) ||
      !ring(env, argv[5], napi_uint32_array, d->frames, (void **)&d->tx_lengths, &lengths)) {
    free(d);
    return NULL;
  }
  napi_get_uv_event_loop(env, &loop);
  int failed = uv_poll_init(loop, &d->poll, d->fd);
  if (failed < 0) {
    free(d);
    return throw_errno(env, -failed, "uv_poll_init");
  }
  d->poll.data = d;
  /* References keep the rings alive; their addresses stay put, because a typed array's store does not move. */
  keep(env, argv[2], &d->rx_ref);
  keep(env, argv[3], &d->rx_lengths_ref);
  keep(env, argv[4], &d->tx_ref);
  keep(env, argv[5], &d->tx_lengths_ref);
  keep(env, argv[6], &d->on_batch);
  keep(env, argv[7], &d->on_error);
  napi_create_string_utf8(env, "taproot.tap", NAPI_AUTO_LENGTH, &value);
  napi_async_init(env, NULL, value, &d->context);
  napi_add_env_cleanup_hook(env, environment_ends, d);
  d->running = true;
  uv_poll_start(&d->poll, UV_READABLE, readable);
  napi_create_external(env, d, NULL, NULL, &value);
  return value;
}

/* flush(handle, count) → how many of the first `count` frames of the tx buffer the device took. */
static napi_value flush(napi_env env, napi_callback_info info) {
  napi_value argv[2], result;
  size_t argc = 2;
  device *d;
  uint32_t count = 0, taken = 0, place = 0;
  napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
  if (napi_get_value_external(env, argv[0], (void **)&d) != napi_ok) return NULL;
  napi_get_value_uint32(env, argv[1], &count);
  for (uint32_t i = 0; i < count && i < d->frames && place + FRAME_AT + d->tx_lengths[i] <= d->tx_bytes; i++) {
    const uint8_t *from = d->tx + place + FRAME_AT - d->header;
    long wrote;
    do wrote = syscall(SYS_write, d->fd, from, d->tx_lengths[i] + d->header);
    while (wrote < 0 && errno == EINTR);
    if (wrote >= 0) taken++;
    place = next_place(place, d->tx_lengths[i]);
  }
  napi_create_uint32(env, taken, &result);
  return result;
}

/* stop(handle): ends polling and frees the handle; the descriptor stays open. Call once. */
static napi_value stop(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  device *d;
  if (!arguments(env, info, 1, argv) || napi_get_value_external(env, argv[0], (void **)&d) != napi_ok) return NULL;
  stop_polling(d);
  napi_remove_env_cleanup_hook(env, environment_ends, d);
  napi_ref *refs[] = {&d->rx_ref, &d->tx_ref, &d->rx_lengths_ref, &d->tx_lengths_ref, &d->on_batch, &d->on_error};
  for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) napi_delete_reference(env, *refs[i]);
  napi_async_destroy(env, d->context);
  uv_close((uv_handle_t *)&d->poll, closed);
  return NULL;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"create", create},       {"closeFd", close_fd},       {"setMac", set_mac},         {"setMtu", set_mtu},
      {"setUp", set_up},        {"setAddress", set_address}, {"setCarrier", set_carrier}, {"setTxQueueLength", set_tx_queue_length},
      {"addBridge", add_bridge}, {"joinBridge", join_bridge}, {"removeBridge", remove_bridge}, {"start", start},
      {"flush", flush},         {"stop", stop},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  /* By this JavaScript sees whether it drives the addon that belongs to it. */
  napi_value frame_at;
  napi_create_uint32(env, FRAME_AT, &frame_at);
  napi_set_named_property(env, exports, "frameAt", frame_at);
  return exports;
}
