import { add, mov, mul } from "#bpf/alu.js";
import { callHelper, exit, jumpEqual } from "#bpf/control.js";
import { helper } from "#bpf/helpers.js";
import { label, type ProgramItem } from "#bpf/instruction.js";
import { type MapSpec, mapType } from "#bpf/map-spec.js";
import { double, loadMap, word } from "#bpf/memory.js";
import { type Register, r0, r1, r2, r3, r4, r9, r10 } from "#bpf/registers.js";

const keyed: readonly MapSpec[] = [
  { name: "array", type: mapType.array, keySize: 4, valueSize: 8, entries: 3 },
  { name: "hash", type: mapType.hash, keySize: 4, valueSize: 8, entries: 3 },
  { name: "percpu", type: mapType.percpuHash, keySize: 4, valueSize: 8, entries: 3 },
];
const keyless: readonly MapSpec[] = [
  { name: "queue", type: mapType.queue, keySize: 0, valueSize: 8, entries: 3 },
  { name: "stack", type: mapType.stack, keySize: 0, valueSize: 8, entries: 3 },
];
/** The maps of random programs: small, so that they fill up. */
export const randomMaps: readonly MapSpec[] = [...keyed, ...keyless];

const KEY = -16;
const VALUE = -8;

/** r9 takes in what is in r0. */
const note: readonly ProgramItem[] = [mul.imm(r9, 31), add.reg(r9, r0)];
const noteValue: readonly ProgramItem[] = [double.load(r0, r10, VALUE), ...note];
const at = (register: Register, offset: number): ProgramItem[] => [mov.reg(register, r10), add.imm(register, offset)];

function keyedStep(below: (bound: number) => number, number: number): ProgramItem[] {
  const key = [word.storeImm(r10, KEY, below(5)), loadMap(r1, keyed[below(keyed.length)]!.name), ...at(r2, KEY)];
  switch (below(3)) {
    case 0:
      return [
        double.storeImm(r10, VALUE, below(1000)),
        ...key,
        ...at(r3, VALUE),
        mov.imm(r4, below(4)),
        callHelper(helper.mapUpdateElem),
        ...note,
      ];
    case 1:
      return [...key, callHelper(helper.mapDeleteElem), ...note];
    default:
      return [
        ...key,
        callHelper(helper.mapLookupElem),
        jumpEqual.imm(r0, 0, `none ${number}`),
        double.load(r1, r0, 0),
        add.imm(r1, 1),
        double.store(r0, 0, r1),
        mov.reg(r0, r1),
        label(`none ${number}`),
        ...note,
      ];
  }
}

function keylessStep(below: (bound: number) => number): ProgramItem[] {
  const map = [loadMap(r1, keyless[below(keyless.length)]!.name), ...at(r2, VALUE)];
  const put = double.storeImm(r10, VALUE, below(1000));
  switch (below(4)) {
    case 0:
      return [...map, callHelper(helper.mapPopElem), ...note, ...noteValue];
    case 1:
      return [...map, callHelper(helper.mapPeekElem), ...note, ...noteValue];
    default:
      return [put, ...map, mov.imm(r3, [0, 0, 2, 1][below(4)]!), callHelper(helper.mapPushElem), ...note];
  }
}

/** A program that puts into maps, takes out and looks up; what it came to is in its verdict. The same numbers give the same program. */
export function randomMapProgram(below: (bound: number) => number): ProgramItem[] {
  const steps = Array.from({ length: 30 }, (_, i) => (below(2) === 0 ? keyedStep(below, i) : keylessStep(below)));
  return [mov.imm(r9, 7), double.storeImm(r10, VALUE, 0), ...steps.flat(), mov.reg(r0, r9), exit()];
}
