/** Everything known of a packet, as 32-bit words; the field table (`fields.ts`) says which bits hold what. */
export type FlowKey = Uint32Array;

/** Which bits of a key matter: same layout, one bits are significant. */
export type FlowMask = Uint32Array;
