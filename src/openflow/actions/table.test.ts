import { describe, expect, it } from "vitest";
import { OFPP } from "../port-number.js";
import { normal } from "./output.js";
import { formatActions } from "./table.js";

describe("actions as text", () => {
  it("are written as ovs-ofctl does", () => {
    expect(formatActions([])).toBe("drop");
    expect(formatActions([normal])).toBe("NORMAL");
    expect(
      formatActions([
        { kind: "output", port: 3 },
        { kind: "output", port: OFPP.local },
      ]),
    ).toBe("output:3,LOCAL");
    expect(
      formatActions([
        { kind: "output", port: OFPP.inPort },
        { kind: "output", port: OFPP.flood },
      ]),
    ).toBe("IN_PORT,FLOOD");
  });

  it("name the reason and the length of a packet to the controller", () => {
    const toController = { kind: "controller", maxLength: 65535, reason: 1, controllerId: 0 } as const;
    expect(formatActions([toController])).toBe("CONTROLLER:65535");
    expect(formatActions([{ ...toController, reason: 0, maxLength: 128, controllerId: 7 }])).toBe(
      "controller(reason=no_match,max_len=128,id=7)",
    );
  });
});
