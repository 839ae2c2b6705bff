import type { CtAction, CtNat } from "../actions.js";

/** A `ct` action as a program has it: addresses as words. */
export interface CtStep {
  readonly zone: number;
  readonly commit: boolean;
  readonly force: boolean;
  readonly mark: number;
  readonly markMask: number;
  /** 4 words each, most significant first; undefined where the label stays as it is. */
  readonly label: readonly number[] | undefined;
  readonly labelMask: readonly number[];
  readonly helper: number;
  readonly timeout: string | undefined;
  readonly nat: NatStep | undefined;
}

/** Where to a new connection is translated; what is known already always is. */
export interface NatStep {
  readonly side: "" | "src" | "dst";
  /** First and last address, of 4 words each (IPv4: the first of them); undefined: they stay. */
  readonly first: readonly number[] | undefined;
  readonly last: readonly number[];
  readonly isIpv6: boolean;
  /** 0: any port. */
  readonly firstPort: number;
  readonly lastPort: number;
  readonly persistent: boolean;
  readonly random: boolean;
}

/** Turns a `ct` action into a step. */
export function ctStepOf(action: CtAction): CtStep {
  return {
    zone: action.zone & 0xffff,
    commit: action.commit,
    force: action.force,
    mark: ((action.mark?.value ?? 0) & (action.mark?.mask ?? 0)) >>> 0,
    markMask: action.mark?.mask ?? 0,
    label: action.label?.value.map((v, i) => (v & action.label!.mask[i]!) >>> 0),
    labelMask: action.label?.mask ?? [],
    helper: action.helper === undefined ? 0 : action.helper === "ftp" ? 1 : 2,
    timeout: action.timeout,
    nat: action.nat === undefined ? undefined : natStepOf(action.nat),
  };
}

function natStepOf({ side, addresses, ports, persistent, method }: CtNat): NatStep {
  // All zeros is upstream's way to say that only a binding is wanted.
  const range = addresses?.first.some((b) => b !== 0) ? addresses : undefined;
  return {
    side,
    first: range && wordsOf(range.first),
    last: range === undefined ? [] : wordsOf(range.last),
    isIpv6: range?.first.length === 16,
    firstPort: ports?.first ?? 0,
    lastPort: ports?.last ?? 0,
    persistent,
    random: method === "random",
  };
}

function wordsOf(address: Uint8Array): number[] {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return Array.from({ length: address.length / 4 }, (_, i) => view.getUint32(4 * i));
}
