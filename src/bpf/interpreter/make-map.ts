import { UserError } from "#util/errors.js";
import { type MapSpec, mapType } from "../map-spec.js";
import type { AddressSpace } from "./address-space.js";
import { ArrayMap } from "./array-map.js";
import { HashMap } from "./hash-map.js";
import type { InterpretedMap } from "./interpreted-map.js";
import { QueueMap } from "./queue-map.js";
import { RingMap } from "./ring-map.js";
import { ProgramMap, RedirectTargets } from "./target-map.js";

/** Makes a map in memory. Throws `UserError` for a type that is not interpreted. */
export function makeMap(spec: MapSpec, memory: AddressSpace): InterpretedMap {
  switch (spec.type) {
    case mapType.array:
    case mapType.percpuArray:
      return new ArrayMap(spec, memory);
    case mapType.hash:
    case mapType.percpuHash:
      return new HashMap(spec, memory, false);
    case mapType.lruHash:
    case mapType.lruPercpuHash:
      return new HashMap(spec, memory, true);
    case mapType.ringbuf:
      return new RingMap(spec, memory);
    case mapType.queue:
      return new QueueMap(spec, false);
    case mapType.stack:
      return new QueueMap(spec, true);
    case mapType.progArray:
      return new ProgramMap(spec);
    case mapType.devmap:
    case mapType.cpumap:
    case mapType.xskmap:
      return new RedirectTargets(spec);
    default:
      throw new UserError(`map ${spec.name}: maps of type ${spec.type} are not interpreted`);
  }
}
