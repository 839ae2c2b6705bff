import { helper } from "../helpers.js";
import { dynptrAt, dynptrBytes, putDynptr } from "./dynptr.js";
import { errno } from "./interpreted-map.js";
import type { Callee, Machine } from "./machine.js";
import { type Reservation, RingMap } from "./ring-map.js";

function finish(machine: Machine, reservation: Reservation, state: "submitted" | "discarded"): bigint {
  if (!machine.reservations.delete(reservation)) machine.fault("gives back what is not reserved");
  reservation.ring.finish(reservation, state, machine.argument32(2));
  return 0n;
}

/** The reservation of which argument 1 is the address. */
function reserved(machine: Machine): Reservation {
  const address = machine.argument(1);
  for (const reservation of machine.reservations) if (reservation.region.base === address) return reservation;
  return machine.fault("gives back what is not reserved");
}

function finishDynptr(state: "submitted" | "discarded"): Callee {
  return (machine) => {
    const { reservation } = dynptrAt(machine, machine.argument(1));
    machine.dynptrs.delete(machine.memory.load(machine.argument(1), 8));
    return reservation ? finish(machine, reservation, state) : 0n;
  };
}

/** Helpers of ring buffers and of dynptrs. */
export const ringHelpers: Readonly<Record<number, Callee>> = {
  [helper.ringbufReserve]: (machine) => {
    const reservation = machine.mapArgument(1, RingMap).reserve(machine.argument32(2));
    if (!reservation) return 0n;
    machine.reservations.add(reservation);
    return reservation.region.base;
  },
  [helper.ringbufSubmit]: (machine) => finish(machine, reserved(machine), "submitted"),
  [helper.ringbufDiscard]: (machine) => finish(machine, reserved(machine), "discarded"),
  [helper.ringbufOutput]: (machine) => {
    const ring = machine.mapArgument(1, RingMap);
    const bytes = machine.memory.read(machine.argument(2), machine.argument32(3));
    const reservation = ring.reserve(bytes.length);
    if (!reservation) return -11n;
    reservation.region.bytes.set(bytes);
    ring.finish(reservation, "submitted", machine.argument32(4));
    return 0n;
  },
  [helper.ringbufQuery]: (machine) => BigInt(machine.mapArgument(1, RingMap).query(machine.argument32(2))),
  [helper.ringbufReserveDynptr]: (machine) => {
    const reservation = machine.mapArgument(1, RingMap).reserve(machine.argument32(2));
    if (reservation) machine.reservations.add(reservation);
    putDynptr(machine, machine.argument(4), {
      bytes: reservation && (() => reservation.region.bytes),
      isWritable: true,
      ...(reservation ? { reservation } : {}),
    });
    return reservation ? 0n : BigInt(-errno.EINVAL);
  },
  [helper.ringbufSubmitDynptr]: finishDynptr("submitted"),
  [helper.ringbufDiscardDynptr]: finishDynptr("discarded"),
  [helper.dynptrFromMem]: (machine) => {
    const [address, size] = [machine.argument(1), machine.argument32(2)];
    const region = machine.memory.check(address, size, "takes");
    const from = Number(address - region.base);
    putDynptr(machine, machine.argument(4), {
      bytes: () => region.bytes.subarray(from, from + size),
      isWritable: region.isWritable,
    });
    return 0n;
  },
  [helper.dynptrRead]: (machine) => {
    const size = machine.argument32(2);
    const bytes = dynptrBytes(dynptrAt(machine, machine.argument(3)), machine.argument32(4), size);
    if (!bytes) return BigInt(-errno.E2BIG);
    machine.memory.write(machine.argument(1), bytes);
    return 0n;
  },
  [helper.dynptrWrite]: (machine) => {
    const dynptr = dynptrAt(machine, machine.argument(1));
    const source = machine.memory.read(machine.argument(3), machine.argument32(4));
    if (!dynptr.isWritable) return BigInt(-errno.EINVAL);
    const bytes = dynptrBytes(dynptr, machine.argument32(2), source.length);
    if (!bytes) return BigInt(dynptr.bytes ? -errno.E2BIG : -errno.EINVAL);
    bytes.set(source);
    return 0n;
  },
  [helper.dynptrData]: (machine) => {
    const { reservation } = dynptrAt(machine, machine.argument(1));
    const [offset, size] = [machine.argument32(2), machine.argument32(3)];
    return reservation && offset + size <= reservation.size ? reservation.region.base + BigInt(offset) : 0n;
  },
};
