/** Where the parts of a DHCPv4 message lie (RFC 2131 §2); the picture is in message.ts. All in octets. */
export const XID_AT = 4
export const CIADDR_AT = 12
export const GIADDR_AT = 24
export const CHADDR_AT = 28
export const CHADDR_BYTES = 16
export const SNAME_AT = 44
export const SNAME_BYTES = 64
export const FILE_AT = 108
export const FILE_BYTES = 128
export const COOKIE_AT = 236
export const OPTIONS_AT = 240
