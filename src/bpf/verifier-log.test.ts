import { describe, expect, it } from "vitest";
import { mov } from "./alu.js";
import { exit, jump } from "./control.js";
import { label, type ProgramItem } from "./instruction.js";
import { loadImm64, word } from "./memory.js";
import { r0, r1, r2 } from "./registers.js";
import { withSources } from "./source-place.js";
import { formatComplaint, readVerifierLog } from "./verifier-log.js";

const items = (): ProgramItem[] => [
  loadImm64(r0, 1n),
  label("read"),
  word.load(r2, r1, 76),
  word.load(r0, r2, 0),
  exit(),
];

const packetLog = `func#0 @0
0: R1=ctx() R10=fp0
0: (18) r0 = 0x1                      ; R0_w=1
2: (61) r2 = *(u32 *)(r1 +76)         ; R1=ctx() R2_w=pkt(r=0)
3: (61) r0 = *(u32 *)(r2 +0)
invalid access to packet, off=0 size=4, R2(id=0,off=0,r=0)
R2 offset is outside of the packet
verification time 52 usec
stack depth 0
processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

describe("the verifier's log", () => {
  it("tells the instruction and the reason", () => {
    const complaint = readVerifierLog(packetLog, withSources(items));
    expect(complaint).toMatchObject({
      reason: "invalid access to packet, off=0 size=4, R2(id=0,off=0,r=0); R2 offset is outside of the packet",
      slot: 3,
      instruction: "r0 = *(u32 *)(r2 +0)",
      label: "read",
    });
    expect(formatComplaint(complaint)).toMatch(
      /^the verifier refuses instruction 3, r0 = \*\(u32 \*\)\(r2 \+0\) \(behind label read\): invalid access.*, emitted at verifier-log\.test\.ts:\d+/,
    );
  });

  it("says no place where nobody remembered one", () => {
    const complaint = readVerifierLog(packetLog, items());
    expect(complaint.places).toEqual([]);
    expect(formatComplaint(complaint)).toMatch(/outside of the packet$/);
  });

  it("takes the instruction that the reason names", () => {
    const log = "unreachable insn 1\nprocessed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0\n";
    expect(readVerifierLog(log, [jump("end"), mov.imm(r0, 3), label("end"), exit()])).toMatchObject({
      reason: "unreachable insn 1",
      slot: 1,
      instruction: "r0 = 3",
      label: undefined,
    });
  });

  it("makes do with what it cannot read", () => {
    expect(formatComplaint(readVerifierLog("", items()))).toBe("the verifier refuses it: no reason given");
    expect(formatComplaint(readVerifierLog("something new\n", items()))).toBe("the verifier refuses it: something new");
    expect(formatComplaint(readVerifierLog("at insn 99 of it\n", items()))).toBe(
      "the verifier refuses instruction 99: at insn 99 of it",
    );
  });
});
