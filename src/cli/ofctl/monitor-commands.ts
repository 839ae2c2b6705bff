import { parseFlowMonitor } from "#openflow/flow-text-monitor.js";
import { HEADER_LENGTH, readHeader } from "#openflow/header.js";
import type { PacketInFormat } from "#openflow/messages/connection/controller-settings.js";
import { parsePacketOut } from "#openflow/messages/packet/packet-out-parse.js";
import { OF10, OF12, type Version, versionName, versions } from "#openflow/version.js";
import type { AppctlCommand } from "#runtime/command.js";
import { ToldError } from "#runtime/end-reason.js";
import { endText } from "#runtime/jsonrpc.js";
import { UserError } from "#util/errors.js";
import { Background } from "../background.js";
import { openForFlows } from "./flow-protocol.js";
import { MonitorOutput } from "./monitor-output.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { parseHex } from "./print-commands.js";
import { messageText } from "./print-message.js";
import { Switch } from "./switch.js";
import { namesToAccept } from "./switch-names.js";

/** Prints what a switch sends until it or someone else ends the connection. */
async function follow(
  on: Switch,
  context: OfctlContext,
  output: MonitorOutput,
  commands: readonly AppctlCommand[],
): Promise<void> {
  const gate = new Gate();
  const background = await Background.begin({ program: "ovs-ofctl", alwaysServes: true, ...context }, () => [
    ...commands,
    ...gate.commands,
    output.command,
  ]);
  try {
    background.ready([2]);
    await Promise.race([receive(on, context, output, gate), background.ended]);
  } finally {
    background.end();
  }
}

async function receive(on: Switch, context: OfctlContext, output: MonitorOutput, gate: Gate): Promise<void> {
  const ended = new Promise<void>((_resolve, reject) => {
    on.client.onClose((reason) => reject(new UserError(`vconn_recv (${endText(reason.error)})`)));
  });
  ended.catch(() => {});
  for await (const message of on.client.messages()) {
    await gate.open;
    output.writeStamped(messageText(message, context, context.settings.verbosity + 2));
  }
  await ended;
}

/** `ofctl/block` and `ofctl/unblock`: whether messages are taken from the switch. */
class Gate {
  open: Promise<void> = Promise.resolve();
  #unblock: (() => void) | undefined;

  get commands(): readonly AppctlCommand[] {
    const command = (name: string, run: () => string): AppctlCommand => ({
      name,
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run,
    });
    return [
      command("ofctl/block", () => {
        if (this.#unblock) return "already blocking\n";
        this.open = new Promise((resolve) => {
          this.#unblock = resolve;
        });
        return "";
      }),
      command("ofctl/unblock", () => {
        if (!this.#unblock) return "already unblocked\n";
        this.#unblock();
        this.#unblock = undefined;
        return "";
      }),
    ];
  }
}

/** Commands that send to the switch that is monitored. */
function sendCommands(on: Switch, context: OfctlContext, output: MonitorOutput): readonly AppctlCommand[] {
  const text = (message: Uint8Array): string => messageText(message, context, context.settings.verbosity + 2);
  return [
    {
      name: "ofctl/send",
      usage: "OFMSG...",
      minArgs: 1,
      maxArgs: Number.POSITIVE_INFINITY,
      run: (args) => {
        const messages = args.map(parseMessage);
        for (const message of messages) {
          output.write(`send: ${text(message)}`);
          on.client.send(message);
        }
        return messages.map(() => "sent\n").join("");
      },
    },
    {
      name: "ofctl/packet-out",
      usage: '"in_port=<port> packet=<hex data> actions=..."',
      minArgs: 1,
      maxArgs: 1,
      run: async ([given = ""]) => {
        const { packetOut } = parsePacketOut(given, await namesToAccept(on.client.name, context));
        const message = on.encode(packetOut);
        output.write(messageText(message, context, context.settings.verbosity));
        on.client.send(message);
        return "";
      },
    },
    {
      name: "ofctl/barrier",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: async () => {
        const reply = await on.client.request(on.encode({ kind: "barrier_request" }));
        output.writeStamped(text(reply));
        return "";
      },
    },
  ];
}

function parseMessage(hexText: string): Uint8Array {
  const message = parseHex(hexText, "Trailing garbage in hex data");
  if (message.length < HEADER_LENGTH) throw new UserError("Message too short for OpenFlow");
  const { length } = readHeader(message);
  if (length === message.length) return message;
  throw new UserError(`Message length in header ${length} does not match actual length ${message.length}`);
}

/** What the words of `monitor` ask for. */
interface Wanted {
  missSendLength: number | undefined;
  invalidTtl: boolean;
  watches: string[];
}

function readWords(words: readonly string[]): Wanted {
  const wanted: Wanted = { missSendLength: undefined, invalidTtl: false, watches: [] };
  for (const word of words) {
    if (/^\d/.test(word)) wanted.missSendLength = Number.parseInt(word, 10) & 0xffff;
    else if (word === "invalid_ttl") wanted.invalidTtl = true;
    else if (word === "resume") wanted.missSendLength = 0xffff;
    else if (word.startsWith("watch:")) wanted.watches.push(word.slice("watch:".length));
    else throw new UserError(`${word}: unsupported "monitor" argument`);
  }
  return wanted;
}

const ttlVersions: readonly Version[] = versions.filter((v) => v >= OF10 && v <= OF12);

/** `invalid_ttl` is a setting of the switch until OpenFlow 1.2. Throws `UserError` where none of these may be spoken. */
function versionsOfMonitor({ invalidTtl }: Wanted, { settings }: OfctlContext): number {
  if (!invalidTtl) return settings.versions;
  const bits = ttlVersions.reduce((set, v) => set | (settings.versions & (1 << v)), 0);
  if (bits !== 0) return bits;
  const names = ttlVersions.map(versionName).join(", ");
  throw new UserError(`invalid_ttl requires one of the OpenFlow versions ${names} but none is enabled (use -O)`);
}

async function setConfig(on: Switch, wanted: Wanted): Promise<void> {
  const { missSendLength, invalidTtl } = wanted;
  const configure = async (change: { missSendLength?: number; invalidTtlToController?: boolean }): Promise<void> => {
    const { body } = on.decode(await on.request({ kind: "get_config_request" }));
    if (body.kind !== "get_config_reply") throw new UserError(`${on.name}: bad reply to config request`);
    await on.tell({ ...body, kind: "set_config", ...change });
  };
  if (missSendLength !== undefined) await configure({ missSendLength });
  if (!invalidTtl) return;
  await configure({ invalidTtlToController: true });
  const { body } = on.decode(await on.request({ kind: "get_config_request" }));
  if (body.kind === "get_config_reply" && body.invalidTtlToController) return;
  throw new UserError("setting invalid_ttl_to_controller failed (this switch probably doesn't support this flag)");
}

/** Asks for packets in the form that is wanted, or the best that the switch takes. */
async function choosePacketInFormat(on: Switch, { settings }: OfctlContext): Promise<void> {
  const wanted = settings.packetInFormat;
  const tries: readonly PacketInFormat[] =
    wanted !== undefined ? [wanted] : on.version === OF10 ? ["nxt_packet_in2", "nxt_packet_in"] : ["nxt_packet_in2"];
  for (const format of tries) {
    const refusal = await on.attempt({ kind: "set_packet_in_format", format });
    if (refusal === undefined) return;
    if (wanted !== undefined) {
      throw new UserError(`failed to set packet in format to nx_packet_in, switch replied: ${refusal.text}`);
    }
  }
}

const monitor: OfctlCommand = {
  name: "monitor",
  usage: "switch [misslen] [invalid_ttl] [watch:[...]]",
  minArgs: 1,
  maxArgs: 4,
  readOnly: true,
  background: true,
  run: async ([name = "", ...words], context) => {
    const wanted = readWords(words);
    const output = new MonitorOutput(context);
    const names = wanted.watches.length === 0 ? {} : await namesToAccept(name, context);
    const watches = wanted.watches.map((text) => parseFlowMonitor(text, names));
    const usable = watches.reduce((set, w) => set & w.usable, context.settings.protocols);
    const versioned = { ...context, settings: { ...context.settings, versions: versionsOfMonitor(wanted, context) } };
    const on = watches.length === 0 ? await Switch.open(name, versioned) : await openForFlows(name, versioned, usable);
    try {
      await setConfig(on, wanted);
      for (const [id, { monitor: one }] of watches.entries()) {
        for await (const part of on.replies({ kind: "flow_monitor_request", monitors: [{ ...one, id }] })) {
          context.io.stdout(messageText(part, context, context.settings.verbosity + 1));
          if (on.decode(part).body.kind === "error") throw new ToldError("the switch refused");
        }
      }
      await choosePacketInFormat(on, context);
      await follow(on, context, output, sendCommands(on, context, output));
      return 0;
    } finally {
      on.close();
    }
  },
};

const snoop: OfctlCommand = {
  name: "snoop",
  usage: "switch",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  background: true,
  run: async ([name = ""], context) => {
    const on = await Switch.open(name, context, { socket: "snoop" });
    try {
      await follow(on, context, new MonitorOutput(context), []);
      return 0;
    } finally {
      on.close();
    }
  },
};

/** Commands that go on and print what comes. */
export const monitorCommands: readonly OfctlCommand[] = [monitor, snoop];
