/** Public face of the stack: what services, the API and the composition root may use. */
export * from './address/ipv4.ts'
export * from './address/mac.ts'
export type { FrameHandler, Link } from './link/link.ts'
export { ETHERNET_HEADER_BYTES, FRAME_OFFSET, SLOT_BYTES } from './link/link.ts'
