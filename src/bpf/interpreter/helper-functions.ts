import { helper } from "../helpers.js";
import type { Callee } from "./machine.js";
import { mapHelpers } from "./map-helpers.js";
import { ringHelpers } from "./ring-helpers.js";
import { Skb } from "./skb.js";
import { skbHelpers } from "./skb-helpers.js";
import { XdpFrame } from "./xdp-frame.js";
import { xdpHelpers } from "./xdp-helpers.js";

/** Length of a tick of `bpf_jiffies64` in nanoseconds: of a kernel with 250 in a second. */
const JIFFY = 4_000_000n;
const TC_ACT_REDIRECT = 7n;
const XDP_REDIRECT = 4n;

const now: Callee = ({ settings }) => settings.now?.() ?? 0n;

/** At a tc hook and at an XDP hook, each with its own way to say so. */
const redirect: Callee = (machine) => {
  const [ifindex, flags] = [machine.argument32(1), machine.argument32(2)];
  if (machine.runsOn(XdpFrame)) {
    machine.context(XdpFrame).target = { ifindex };
    return XDP_REDIRECT;
  }
  machine.context(Skb).redirection = { ifindex, flags, by: "bpf_redirect" };
  return TC_ACT_REDIRECT;
};

/** The helpers that are interpreted, by number. */
export const helperFunctions: Readonly<Record<number, Callee>> = {
  ...mapHelpers,
  ...ringHelpers,
  ...skbHelpers,
  ...xdpHelpers,
  [helper.redirect]: redirect,
  [helper.ktimeGetNs]: now,
  [helper.ktimeGetBootNs]: now,
  [helper.ktimeGetCoarseNs]: now,
  [helper.ktimeGetTaiNs]: now,
  [helper.jiffies64]: (machine) => now(machine) / JIFFY,
  [helper.getPrandomU32]: ({ settings }) => BigInt((settings.random?.() ?? 0) >>> 0),
  [helper.getSmpProcessorId]: () => 0n,
};
