/** Whence answers come that nobody should take: an address of the small Internet that serves nothing. */
export const STRANGER = '198.18.100.250'
