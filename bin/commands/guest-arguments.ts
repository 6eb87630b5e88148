/** What attaches a guest of QEMU to one of our sockets; each guest needs a MAC of its own. */
export const guestArguments = (socket: string): string =>
  `-netdev stream,id=n0,server=off,addr.type=unix,addr.path=${socket} -device e1000,netdev=n0,mac=52:54:00:00:00:01`
