import { composeFrame } from "#flow/compose.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { DummyDevice } from "../dummy/dummy-device.js";
import type { DummyDevices } from "../dummy/dummy-devices.js";

/** A frame given as hex digits, or as a datapath flow that it is composed from, `length` bytes long where that is given. */
function parseFrame(text: string, length: number | undefined): Uint8Array {
  if (/^(?:[0-9a-fA-F]{2}[ \t]*)+$/.test(text)) {
    const bytes = Uint8Array.from(text.match(/[0-9a-fA-F]{2}/g)!, (d) => Number.parseInt(d, 16));
    if (bytes.length < 14) throw new UserError(`syntax error at ${text}`);
    return bytes;
  }
  const { key } = parseOdpKey(text);
  const frame = composeFrame(key, length === undefined ? {} : { length });
  return frame;
}

function need(devices: DummyDevices, name: string | undefined, error: string): DummyDevice {
  const device = devices.get(name ?? "");
  if (device === undefined) throw new UserError(error);
  return device;
}

function receive(devices: DummyDevices, args: readonly string[]): string {
  const [name, ...rest] = args;
  const device = need(devices, name, "no such dummy netdev");
  let at = 0;
  let into = 0;
  if (rest[0] === "--qid") {
    const queue = Number(rest[1]);
    if (!Number.isInteger(queue) || queue < 0 || queue >= device.receiveQueues) throw new UserError("bad rx queue id.");
    into = queue;
    at = 2;
  }
  for (; at < rest.length; at++) {
    let length: number | undefined;
    if (rest[at + 1] === "--len") {
      length = Number(rest[at + 2]);
      if (!Number.isInteger(length) || length < 0) throw new UserError(`${rest[at + 2] ?? ""}: bad packet length`);
    }
    device.receive(parseFrame(rest[at]!, length), undefined, into);
    if (length !== undefined) at += 2;
  }
  return "";
}

/** Commands of dummy devices: frames put in, link states, connections. */
export function netdevDummyCommands(devices: DummyDevices): AppctlCommand[] {
  return [
    {
      name: "netdev-dummy/receive",
      usage: "name [--qid queue_id] packet|flow [--len packet_len]",
      minArgs: 2,
      maxArgs: Number.POSITIVE_INFINITY,
      run: (args) => receive(devices, args),
    },
    {
      name: "netdev-dummy/set-admin-state",
      usage: "[netdev] up|down",
      minArgs: 1,
      maxArgs: 2,
      run: (args) => {
        const state = args.at(-1);
        if (state !== "up" && state !== "down") throw new UserError("Invalid Admin State");
        const chosen = args.length === 1 ? devices.all() : [need(devices, args[0], "Unknown Dummy Interface")];
        for (const device of chosen) device.setUp(state === "up");
        return "OK\n";
      },
    },
    {
      name: "netdev-dummy/conn-state",
      usage: "[netdev]",
      minArgs: 0,
      maxArgs: 1,
      run: ([name]) => {
        if (name !== undefined) return `${name}: ${devices.get(name)?.connectionState() ?? "unknown"}\n`;
        return devices
          .all()
          .flatMap((d) => (d.connectionState() === undefined ? [] : [`${d.name}: ${d.connectionState()}\n`]))
          .join("");
      },
    },
  ];
}
