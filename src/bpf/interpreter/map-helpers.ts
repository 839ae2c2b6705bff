import { helper } from "../helpers.js";
import { errno, type InterpretedMap } from "./interpreted-map.js";
import type { Callee, Machine } from "./machine.js";
import { QueueMap } from "./queue-map.js";
import { ProgramMap, RedirectTargets } from "./target-map.js";
import { XdpFrame } from "./xdp-frame.js";

function key(machine: Machine, map: InterpretedMap): Uint8Array {
  return machine.memory.read(machine.argument(2), map.spec.keySize);
}

const XDP_REDIRECT = 4n;
const ACTION = 3n;

/** Calls a function of the program again and again, until it says 1 or has been called often enough. */
const loop: Callee = (machine) => {
  const [rounds, target, context] = [machine.argument32(1), machine.argument(2), machine.argument(3)];
  if (rounds > 1 << 23) return -7n;
  let round = 0;
  while (round < rounds) if (machine.callBack(target, BigInt(round++), context) !== 0n) break;
  return BigInt(round);
};

/** Gives a value of a queue to the program, zeros where there is none. */
function take(take: (map: QueueMap) => Uint8Array | undefined): Callee {
  return (machine) => {
    const map = machine.mapArgument(1, QueueMap);
    const value = take(map);
    machine.memory.write(machine.argument(2), value ?? new Uint8Array(map.spec.valueSize));
    return value ? 0n : BigInt(-errno.ENOENT);
  };
}

/** Helpers that work on maps and on nothing of the packet. */
export const mapHelpers: Readonly<Record<number, Callee>> = {
  [helper.mapLookupElem]: (machine) => {
    const map = machine.mapArgument(1);
    return map.find(key(machine, map)) ?? 0n;
  },
  [helper.mapUpdateElem]: (machine) => {
    const map = machine.mapArgument(1);
    const value = machine.memory.read(machine.argument(3), map.spec.valueSize);
    return BigInt(map.update(key(machine, map), value, machine.argument32(4)));
  },
  [helper.mapDeleteElem]: (machine) => {
    const map = machine.mapArgument(1);
    return BigInt(map.remove(key(machine, map)));
  },
  [helper.mapPushElem]: (machine) => {
    const map = machine.mapArgument(1, QueueMap);
    return BigInt(map.push(machine.memory.read(machine.argument(2), map.spec.valueSize), machine.argument32(3)));
  },
  [helper.mapPopElem]: take((map) => map.pop()),
  [helper.mapPeekElem]: take((map) => map.peek()),
  [helper.tailCall]: (machine) => {
    const program = machine.mapArgument(2, ProgramMap).program(machine.argument32(3));
    return program && machine.tailCall(program) ? 0n : -2n;
  },
  [helper.redirectMap]: (machine) => {
    const map = machine.mapArgument(1, RedirectTargets);
    const index = machine.argument32(2);
    if (map.target(index) === undefined) return machine.argument(3) & ACTION;
    machine.context(XdpFrame).target = { map: map.spec.name, index };
    return XDP_REDIRECT;
  },
  [helper.loop]: loop,
};
