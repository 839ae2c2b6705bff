/** What a guest of the demo is asked to do; each request is answered by one reply. Addresses are dotted quads. */
export type GuestRequest =
  /** One echo request; the reply's `value` is the milliseconds it took, undefined for no answer within `timeout`. */
  | { readonly do: "ping"; readonly to: string; readonly timeout: number }
  /** Takes TCP connections and discards what comes; the reply's `value` is the port. */
  | { readonly do: "serve" }
  /** Sends for `duration` milliseconds; the reply's `value` is the bytes per second that the peer took. */
  | { readonly do: "send"; readonly to: string; readonly port: number; readonly duration: number };

export interface GuestReply {
  readonly value: number | undefined;
  readonly error?: string;
}

/** What a guest's thread is started with. */
export interface GuestStart {
  /** Descriptor of its network namespace. */
  readonly namespace: number;
}
