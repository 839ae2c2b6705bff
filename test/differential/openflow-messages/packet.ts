import fc from "fast-check";
import { setFieldBig, unwildcard } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { type Match, newMatch } from "#flow/match.js";
import type { Action } from "#openflow/actions/action.js";
import { parseActions } from "#openflow/actions/parse.js";
import type { PacketInFormat } from "#openflow/messages/connection/controller-settings.js";
import type { Continuation } from "#openflow/messages/packet/continuation.js";
import { OF10, OF12, OF13, OF15, type Version } from "#openflow/version.js";
import type { MessageFamily, Sample } from "./harness.js";
import { frames } from "./packets.js";

const u32 = fc.nat(0xffffffff);
const u16 = fc.nat(0xffff);
const u8 = fc.nat(0xff);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 2n });

const port = fc.constantFrom(1, 2, 65279, 0xfffd, 0xfffe, 0xffff);

function matchOf(values: readonly (readonly [name: string, value: bigint])[]): Match {
  const match = newMatch();
  for (const [name, value] of values) {
    const f = field(name);
    setFieldBig(match.key, f, value);
    unwildcard(match.mask, f);
  }
  return match;
}

const metadata = fc.array(
  fc.oneof(
    u64.map((n) => ["metadata", n] as const),
    u64.map((n) => ["tun_id", n] as const),
    u32.map((n) => ["reg0", BigInt(n)] as const),
    u32.map((n) => ["reg7", BigInt(n)] as const),
    u32.map((n) => ["tun_src", BigInt(n)] as const),
  ),
  { maxLength: 3 },
);
const sentMetadata = fc.tuple(
  metadata,
  fc.array(
    fc.oneof(
      u32.map((n) => ["pkt_mark", BigInt(n)] as const),
      u32.map((n) => ["ct_mark", BigInt(n)] as const),
      u16.map((n) => ["ct_zone", BigInt(n)] as const),
      fc.nat(255).map((n) => ["ct_state", BigInt(n)] as const),
      u64.map((n) => ["ct_label", n] as const),
      u64.map((n) => ["tun_ipv6_dst", n] as const),
      u8.map((n) => ["tun_gbp_flags", BigInt(n)] as const),
      u32.map((n) => ["xxreg3", BigInt(n)] as const),
      u16.map((n) => ["actset_output", BigInt(n % 0xff00)] as const),
      fc.constantFrom(0n, 0x10800n, 0x186ddn, 0x1894fn, 0x11234n, 0x10002n).map((n) => ["packet_type", n] as const),
    ),
    { maxLength: 2 },
  ),
);
const match = (more: boolean): fc.Arbitrary<Match> =>
  fc
    .tuple(port, more ? sentMetadata.map((m) => m.flat()) : fc.constant([]))
    .map(([from, fields]) => matchOf([["in_port", BigInt(from)], ...fields]));

const actionTexts = [
  "mod_nw_src:1.2.3.4,mod_tp_dst:80,enqueue:1:2",
  "ct(commit,zone=5,exec(load:1->NXM_NX_CT_MARK[])),clone(output:3),note:01.02",
  "",
  "output:1",
  "output:2,resubmit(,1)",
  "dec_ttl,LOCAL",
  "load:5->NXM_NX_REG3[],CONTROLLER:60",
];
const actions: fc.Arbitrary<readonly Action[]> = fc.constantFrom(...actionTexts).map((text) => parseActions(text));

const continuation: fc.Arbitrary<Continuation> = fc
  .tuple(
    fc.record({
      stack: fc.array(fc.uint8Array({ maxLength: 16 }), { maxLength: 3 }),
      mirrors: fc.oneof(fc.constant(0), u32),
      conntracked: fc.boolean(),
      steps: fc.array(fc.record({ table: fc.nat(3), cookie: fc.oneof(fc.constant(0n), u64), actions }), {
        maxLength: 3,
      }),
      actionSet: actions,
      odpPort: fc.oneof(fc.constant(0), u32),
    }),
    fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 })),
  )
  .map(([rest, bridge]) => ({ ...rest, ...(bridge === null ? {} : { bridge }) }));

const buffer = fc.oneof(fc.constant(0xffffffff), u32);

const packetIn = (version: Version, format: PacketInFormat): fc.Arbitrary<Sample> =>
  fc
    .tuple(
      frames,
      fc.oneof(fc.constant(0), fc.nat(2000)),
      buffer,
      u8,
      fc.option(u64),
      fc.oneof(fc.nat(7), u8),
      match(format !== "standard" || version >= OF12),
    )
    .map(([data, more, bufferId, table, cookie, reason, of]) => ({
      body: {
        kind: "packet_in",
        format,
        data,
        totalLength: data.length + more,
        bufferId,
        table: format === "standard" && version === OF10 ? 0 : table,
        cookie: cookie === null || (format === "standard" && version < OF13) ? undefined : cookie,
        reason,
        match: of,
      },
    }));

const extended = (kind: "packet_in" | "resume"): fc.Arbitrary<Sample> =>
  fc
    .tuple(
      frames,
      buffer,
      u8,
      fc.option(u64),
      fc.nat(9),
      match(true),
      fc.option(fc.uint8Array()),
      fc.option(continuation),
    )
    .map(([data, bufferId, table, cookie, reason, of, userdata, left]) => {
      const sent = {
        data,
        totalLength: data.length,
        bufferId,
        table,
        cookie: cookie ?? undefined,
        reason,
        match: of,
        ...(userdata === null ? {} : { userdata }),
        ...(left === null ? {} : { continuation: left }),
      };
      return { body: kind === "resume" ? { kind, ...sent } : { kind, format: "nxt_packet_in2", ...sent } };
    });

const packetOut = (version: Version): fc.Arbitrary<Sample> =>
  fc
    .tuple(fc.oneof(fc.constant(0xffffffff), u32), frames, port, version === OF15 ? metadata : fc.constant([]), actions)
    .map(([bufferId, data, from, fields, list]) => ({
      body: {
        kind: "packet_out",
        bufferId,
        data: bufferId === 0xffffffff ? data : new Uint8Array(),
        match: matchOf([["in_port", BigInt(from)], ...fields]),
        actions: list,
      },
    }));

/** Messages that carry packets. */
export const packet: MessageFamily = {
  name: "packet",
  samples: (version) => [
    packetIn(version, "standard"),
    packetIn(version, "standard"),
    packetIn(version, "nxt_packet_in"),
    extended("packet_in"),
    extended("resume"),
    packetOut(version),
  ],
  differs: ({ real, ours }) =>
    // Ports in matches and actions: ours say it in the error.
    real.replace(/^log ofp_port.*\n/m, "") === ours ||
    // The unassigned bits beside NSH's metadata type are no part of it.
    /nsh_mdtype=\d{2}/.test(real) ||
    // A type of a namespace that has none does not say what the packet begins with.
    /packet_type=\((?!1,)/.test(real) ||
    // Which of the two an unknown field has, depends on upstream's hashes.
    (/OFPBAC_BAD_SET_(LEN|TYPE)/.test(ours) && /OFPBAC_BAD_SET_(LEN|TYPE)/.test(real)),
};
