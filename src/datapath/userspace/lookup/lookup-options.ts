/** What Open_vSwitch:other_config says of lookups. */
export interface LookupOptions {
  /** `emc-insert-inv-prob`: one in so many packets that the exact-match cache does not know is put there; 0 for none of them. */
  readonly exactInverse: number;
  /** `smc-enable`: what the signature caches know is counted as such. */
  readonly signatureHits: boolean;
}

export function readLookupOptions(options: ReadonlyMap<string, string>): LookupOptions {
  return {
    exactInverse: inverseOf(options.get("emc-insert-inv-prob")),
    signatureHits: options.get("smc-enable") === "true",
  };
}

/**
 * Without a value that can be understood, none: the signature caches answer sooner than the exact-match cache does (a packet's whole key is longer than what
 * its flow looks at), and of one packet in a hundred, upstream's default, it would seldom know anything.
 */
function inverseOf(text: string | undefined): number {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
  return value <= 0xffffffff ? value : 0;
}
