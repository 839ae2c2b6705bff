import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { put16 } from "#util/big-endian.js";
import { checksum } from "#wire/checksum.js";
import { plainOffload, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import { testNamespace } from "../../support/namespace.js";
import { ipPacketOf, plainPacket } from "./plain-packet.js";

/** What a tracker said of a packet that came out: states by OpenFlow's names, and its bytes from the IP header on as `plainPacket` shows them. */
export interface Judged {
  readonly state: string;
  readonly packet: string;
}

/** The kernel's connection tracking in a namespace that routes from device 1 to device 2 and back. */
export interface KernelTracker {
  put(port: 1 | 2, frame: Uint8Array): readonly Judged[];
  /** Runs a program there. */
  run(command: string, ...args: string[]): string;
  close(): void;
}

const ADDRESS = "50:54:00:00:00:02";
/** IP protocol of the packets that tell that those before them are through: nothing tracks it. */
const MARKER = 253;

const STATES = ["new", "established", "related", "invalid"] as const;

/** Rules that write a packet's state to its DSCP: 1:1 | expected:1 | reply:1 | 0:1 | state:2. */
function tell(): string {
  const lines: string[] = [];
  for (const [i, state] of STATES.entries()) {
    for (const code of [0, 8, 16, 24]) {
      if (state === "invalid" && code !== 0) continue;
      const reply = state === "invalid" ? "" : `ct direction ${(code & 8) !== 0 ? "reply" : "original"} `;
      const expected = state === "invalid" ? "" : `ct status and 1 == ${(code & 16) !== 0 ? 1 : 0} `;
      const dscp = 32 | code | i;
      for (const ip of ["ip", "ip6"]) lines.push(`ct state ${state} ${reply}${expected}${ip} dscp set ${dscp} accept`);
    }
  }
  return lines.join("\n");
}

/**
 * Makes one. `rules` are what the table `inet weft` has besides, in nft's language; the devices are `wfc1` and `wfc2`. Throws with the complaint of `ip` or
 * `nft`.
 */
export function startKernelTracker(rules: string): KernelTracker {
  const namespace = testNamespace();
  const io = new LinuxFrameIo();
  const check = (command: string, ...args: string[]): string => {
    const r = namespace.run(command, ...args);
    if (r.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${r.stderr}`);
    return r.stdout;
  };
  const taps = [1, 2].map((port) => {
    const tap = namespace.net.openTap(`wfc${port}`, { persist: false });
    io.attach(port, tap.frames);
    return tap;
  });
  const forward = ["ipv4.ip_forward=1", "ipv6.conf.all.forwarding=1", "ipv4.conf.all.rp_filter=0"];
  const quiet = [1, 2].flatMap((i) => [`ipv4.conf.wfc${i}.send_redirects=0`, `ipv4.conf.wfc${i}.rp_filter=0`]);
  const routes = [1, 2].flatMap((i) => [
    `link set wfc${i} address ${ADDRESS} arp off up`,
    ...["", "-6"].map((f) => `${f} route add default dev wfc${3 - i} table ${100 + i}`),
  ]);
  const table = `table inet weft {
  chain early { type filter hook prerouting priority -301; ip protocol ${MARKER} notrack; }
  chain told { type filter hook forward priority 0; ip protocol ${MARKER} accept\n${tell()}\n }
  ${rules}
}`;
  const script = [
    "set -e",
    ...[...forward, ...quiet].map(
      (s) => `echo ${s.split("=")[1]} > /proc/sys/net/${s.split("=")[0]!.replace(/\./g, "/")}`,
    ),
    ...routes.filter((r) => !r.includes("route")).map((r) => `ip ${r}`),
    ...routes.filter((r) => r.includes("route")).map((r) => `ip ${r}`),
    ...[1, 2].flatMap((i) => ["", "-6"].map((f) => `ip ${f} rule add iif wfc${i} lookup ${100 + i}`)),
    `nft -f - <<'END'\n${table}\nEND`,
  ].join("\n");
  try {
    check("sh", "-c", script);
  } catch (error) {
    io.close();
    for (const tap of taps) tap.remove();
    namespace.close();
    throw error;
  }
  const offload = plainOffload();
  let markers = 0;
  const send = (port: number, frame: Uint8Array): void => {
    io.send(port, frame, 0, 0, frame, 0, frame.length, offload);
    io.flush();
  };
  return {
    put: (port, frame) => {
      send(port, frame);
      send(port, markerFrame(++markers));
      const came: Judged[] = [];
      for (let done = false, tries = 0; !done; tries++) {
        if (tries > 2000) throw new Error("the kernel does not forward");
        const count = io.receive(64, (_by, memory, at, length, { flags, csumStart, csumOffset }) => {
          const frame = memory.slice(at, at + length);
          if ((flags & VNET_NEEDS_CSUM) !== 0) put16(frame, csumStart + csumOffset, checksum(frame, csumStart, length));
          const packet = ipPacketOf(frame);
          if (packet === undefined) return;
          if (packet[9] === MARKER && packet[0] === 0x45) {
            if (((packet[4]! << 8) | packet[5]!) === (markers & 0xffff)) done = true;
            return;
          }
          const judged = judge(packet);
          if (judged !== undefined) came.push(judged);
        });
        if (count === 0) io.wait(1);
      }
      return came;
    },
    run: check,
    close: () => {
      io.close();
      for (const tap of taps) tap.remove();
      namespace.close();
    },
  };
}

function markerFrame(number: number): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([0x50, 0x54, 0, 0, 0, 2, 0x50, 0x54, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28]);
  put16(frame, 18, number);
  frame.set([0, 0, 64, MARKER, 0, 0, 10, 0, 0, 100, 10, 0, 0, 101], 20);
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += (frame[i]! << 8) | frame[i + 1]!;
  put16(frame, 24, ~((sum & 0xffff) + (sum >>> 16)));
  return frame;
}

/** What a forwarded packet says of itself; undefined of those that the kernel sends of its own. */
function judge(packet: Uint8Array): Judged | undefined {
  const tos = packet[0]! >> 4 === 4 ? packet[1]! : ((packet[0]! << 4) | (packet[1]! >> 4)) & 0xff;
  const code = tos >> 2;
  if ((code & 32) === 0) return undefined;
  const [state, isReply, isExpected] = [STATES[code & 3]!, (code & 8) !== 0, (code & 16) !== 0];
  const words: string[] = [];
  if (state === "invalid") words.push("inv");
  if (state === "new" || (state === "related" && isExpected)) words.push("new");
  if (state === "established") words.push("est");
  if (state === "related" || (isExpected && state === "established")) words.push("rel");
  if (isReply && state !== "invalid") words.push("rpl");
  return { state: words.join(" "), packet: plainPacket(packet) };
}
