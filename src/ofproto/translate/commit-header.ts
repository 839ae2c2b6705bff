import { W } from "#flow/layout.js";
import { put32, wordBytes } from "#util/big-endian.js";
import type { TranslationContext } from "./context.js";

/** Tells the datapath of a header that an action has put on or taken off, with what later actions have written to it. */
export function commitHeader(ctx: TranslationContext): void {
  const { header, flow, base } = ctx;
  if (header === undefined) return;
  ctx.header = undefined;
  switch (header.kind) {
    case "push_eth": {
      const addresses = wordBytes(flow.subarray(W.eth, W.eth + 3));
      ctx.actions.push({ kind: "push_eth", destination: addresses.slice(0, 6), source: addresses.slice(6) });
      base.set(flow.subarray(W.eth, W.ethType), W.eth);
      base[W.ethType] = flow[W.ethType]!;
      break;
    }
    case "pop_eth":
      ctx.actions.push({ kind: "pop_eth" });
      base.fill(0, W.eth, W.ethType);
      break;
    case "push_nsh":
      ctx.actions.push({ kind: "push_nsh", header: nshHeader(flow, header.metadata) });
      base.set(flow.subarray(W.eth, W.tunMetadata), W.eth);
      break;
    case "add_mpls":
      ctx.actions.push({ kind: "add_mpls", lse: flow[W.mpls]!, ethertype: flow[W.ethType]! });
      base.set(flow.subarray(W.eth, W.tunMetadata), W.eth);
      break;
  }
  base[W.packetType] = flow[W.packetType]!;
}

/** A header as RFC 8300 has it: version:2 flags:2 ttl:6 length:6 unassigned:4 type:4 protocol:8, path, contexts. */
function nshHeader(flow: Uint32Array, metadata: Uint8Array): Uint8Array {
  const [flags, ttl, type, protocol] = [24, 16, 8, 0].map((shift) => (flow[W.nsh]! >>> shift) & 0xff) as [
    number,
    number,
    number,
    number,
  ];
  const contexts = type === 1 ? wordBytes(flow.subarray(W.nshContext, W.nshContext + 4)) : metadata;
  const header = new Uint8Array(8 + contexts.length);
  put32(
    header,
    0,
    ((flags & 3) << 28) | ((ttl & 0x3f) << 22) | ((header.length / 4) << 16) | ((type & 15) << 8) | protocol,
  );
  put32(header, 4, flow[W.nshPath]!);
  header.set(contexts, 8);
  return header;
}
