import { readFileSync } from "node:fs";
import { add, mov, or, toBigEndian, xor } from "#bpf/alu.js";
import { exit, jumpGreater, jumpLess } from "#bpf/control.js";
import { label } from "#bpf/instruction.js";
import { mapFlag, mapType } from "#bpf/map-spec.js";
import { half, loadMapValue, word } from "#bpf/memory.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { r0, r1, r2, r3, r4, r5 } from "#bpf/registers.js";
import { HostError } from "#util/errors.js";
import { BpfMap, MappedArray } from "../src/host/linux/bpf/map.js";
import { loadProgram } from "../src/host/linux/bpf/program.js";
import { injectFrames } from "../src/host/linux/bpf/test-run.js";
import { inNamespace, type NetworkNamespace } from "../src/host/linux/namespaces.js";
import * as sys from "../src/host/linux/syscalls.js";

const XDP_PASS = 2;
/** Of the destination in the IPv4 header of an untagged frame. */
const DESTINATION = 30;
/** Its identification makes up for the destination, so that its checksum stays right. */
const IDENTIFICATION = 18;

/** The destination of the flow of a number, as a key word. */
export function destinationOf(flow: number): number {
  return (0x0a000000 | flow) >>> 0;
}

/** CPU time of this thread so far, in nanoseconds: what the kernel does with injected frames is among it. */
function cpuTime(): number {
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]);
}

/** Makes frames that a device seems to have received, without a sender: IPv4 frames to the destinations of so many flows, one after another. */
export class FrameInjector {
  readonly #map: BpfMap;
  readonly #state: MappedArray;
  readonly #program: number;

  constructor() {
    this.#map = BpfMap.create({
      type: mapType.array,
      keySize: 4,
      valueSize: 8,
      entries: 1,
      flags: mapFlag.mmapable,
      name: "wb_inject",
    });
    this.#state = new MappedArray(this.#map);
    this.#program = loadProgram({
      type: programType.xdp,
      attach: attachType.xdp,
      name: "wb_inject",
      symbols: { maps: { state: this.#map.fd } },
      items: () => [
        word.load(r2, r1, 0),
        word.load(r3, r1, 4),
        mov.reg(r4, r2),
        add.imm(r4, 60),
        jumpGreater.reg(r4, r3, "pass"),
        loadMapValue(r5, "state"),
        word.load(r0, r5, 0),
        mov.reg(r3, r0),
        or.imm(r3, 0x0a000000),
        toBigEndian(r3, 32),
        word.store(r2, DESTINATION, r3),
        mov.reg(r3, r0),
        xor.imm(r3, 0xffff),
        toBigEndian(r3, 16),
        half.store(r2, IDENTIFICATION, r3),
        add.imm(r0, 1),
        word.load(r3, r5, 4),
        jumpLess.reg(r0, r3, "store"),
        mov.imm(r0, 0),
        label("store"),
        word.store(r5, 0, r0),
        label("pass"),
        mov.imm(r0, XDP_PASS),
        exit(),
      ],
    });
  }

  /** Nanoseconds of CPU time that each of `count` frames takes on its way through the device and wherever it goes from there. */
  cost(namespace: NetworkNamespace, ifindex: number, frame: Uint8Array, flows: number, count: number): number {
    this.#state.memory.words[0] = 0;
    this.#state.memory.words[1] = flows;
    return inNamespace(namespace, () => {
      const before = cpuTime();
      untilDone(() => injectFrames(this.#program, frame, { ifindex, count }));
      return (cpuTime() - before) / count;
    });
  }

  close(): void {
    sys.close(this.#program);
    this.#state.close();
    this.#map.close();
  }
}

/** A signal ends the injection; then it begins anew. */
function untilDone(run: () => void): void {
  for (;;) {
    try {
      run();
      return;
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== "EINTR") throw error;
    }
  }
}
