import { HEADER_LENGTH, MessageType, readHeader } from "#openflow/header.js";
import type { Fragments, SwitchConfig } from "#openflow/messages/connection/switch-config.js";
import type { Body } from "#openflow/messages/table.js";
import { OFPP } from "#openflow/port-number.js";
import { OF13 } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { messageText, printMessage } from "./print-message.js";
import { type Switch, withSwitch } from "./switch.js";

/** Asks one thing of a switch and prints the reply, every part of it. */
function dump(name: string, body: Body): OfctlCommand {
  return {
    name,
    usage: "switch",
    minArgs: 1,
    maxArgs: 1,
    readOnly: true,
    run: ([target = ""], context) =>
      withSwitch(target, context, async (on) => {
        for await (const part of on.replies(body)) printMessage(part, context, context.settings.verbosity + 1);
      }),
  };
}

const show: OfctlCommand = {
  name: "show",
  usage: "switch",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: async ([name = ""], context) => {
    const verbosity = context.settings.verbosity + 1;
    await withSwitch(name, context, async (on) => {
      const features = await on.request({ kind: "features_request" });
      printMessage(features, context, verbosity);
      const { body } = on.decode(features);
      if (body.kind === "features_reply" && body.ports !== undefined && on.version < OF13) return;
      for await (const part of on.replies({ kind: "port_desc_request", port: OFPP.none })) {
        printMessage(part, context, verbosity);
      }
    });
    return withSwitch(name, context, async (on) => {
      printMessage(await on.request({ kind: "get_config_request" }), context, verbosity);
    });
  },
};

async function switchConfig(on: Switch): Promise<SwitchConfig> {
  const reply = await on.request({ kind: "get_config_request" });
  const { body } = on.decode(reply);
  if (body.kind !== "get_config_reply") throw new UserError(`${on.name}: bad reply to config request`);
  return body;
}

const getFrags: OfctlCommand = {
  name: "get-frags",
  usage: "switch",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([name = ""], context) =>
    withSwitch(name, context, async (on) => {
      const { fragments } = await switchConfig(on);
      context.io.stdout(context.settings.json ? `${JSON.stringify({ fragments })}\n` : `${fragments}\n`);
    }),
};

const fragmentModes: readonly Fragments[] = ["normal", "drop", "reassemble", "nx-match"];

const setFrags: OfctlCommand = {
  name: "set-frags",
  usage: "switch frag_mode",
  minArgs: 2,
  maxArgs: 2,
  readOnly: false,
  run: ([name = "", word = ""], context) => {
    const fragments = fragmentModes.find((mode) => mode === word.toLowerCase());
    if (fragments === undefined) throw new UserError(`${word}: unknown fragment handling mode`);
    return withSwitch(name, context, async (on) => {
      const before = await switchConfig(on);
      if (before.fragments === fragments) return;
      await on.tell({ ...before, kind: "set_config", fragments });
      const after = await switchConfig(on);
      if (after.fragments === fragments) return;
      throw new UserError(
        `${name}: setting fragment handling mode failed (this switch probably doesn't support mode "${word}")`,
      );
    });
  },
};

const probe: OfctlCommand = {
  name: "probe",
  usage: "target",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([name = ""], context) =>
    withSwitch(name, context, async (on) => {
      const reply = await on.request({ kind: "echo_request", data: new Uint8Array(0) });
      if (reply.length !== HEADER_LENGTH) throw new UserError("reply does not match request");
    }),
};

function payloadLength(word: string): number {
  const length = Number.parseInt(word, 10) || 0;
  if (length < 0 || length > 65535 - HEADER_LENGTH) {
    throw new UserError(`payload must be between 0 and ${65535 - HEADER_LENGTH} bytes`);
  }
  return length;
}

/** A message for people to compare with another. */
const quoted = (bytes: Uint8Array, context: OfctlContext): string => messageText(bytes, context, 2);

const ping: OfctlCommand = {
  name: "ping",
  usage: "target [n]",
  minArgs: 1,
  maxArgs: 2,
  readOnly: true,
  run: ([name = "", size = "64"], context) => {
    const length = payloadLength(size);
    return withSwitch(name, context, async (on) => {
      const { clock } = context.io.host;
      for (let i = 0; i < 10; i++) {
        const data = context.io.host.random(length);
        const request = on.encode({ kind: "echo_request", data });
        const began = clock.now();
        const reply = await on.client.request(request);
        const took = clock.now() - began;
        const { type, xid } = readHeader(reply);
        if (type !== MessageType.echoReply || Buffer.compare(reply.subarray(HEADER_LENGTH), data) !== 0) {
          context.io.stdout(
            `Reply does not match request.  Request:\n${quoted(request, context)}Reply:\n${quoted(reply, context)}`,
          );
        }
        const id = xid.toString(16).padStart(8, "0");
        const bytes = reply.length - HEADER_LENGTH;
        context.io.stdout(
          context.settings.json
            ? `${JSON.stringify({ bytes, from: name, xid, milliseconds: took })}\n`
            : `${bytes} bytes from ${name}: xid=${id} time=${took.toFixed(1)} ms\n`,
        );
      }
    });
  },
};

const benchmark: OfctlCommand = {
  name: "benchmark",
  usage: "target n count",
  minArgs: 3,
  maxArgs: 3,
  readOnly: true,
  run: ([name = "", size = "", times = ""], context) => {
    const length = payloadLength(size);
    const size1 = length + HEADER_LENGTH;
    const count = Math.max(0, Number.parseInt(times, 10) || 0);
    const { io, settings } = context;
    if (!settings.json) {
      io.stdout(`Sending ${count} packets * ${size1} bytes (with header) = ${count * size1} bytes total\n`);
    }
    return withSwitch(name, context, async (on) => {
      const { clock } = io.host;
      const data = new Uint8Array(length);
      const began = clock.now();
      for (let i = 0; i < count; i++) await on.client.request(on.encode({ kind: "echo_request", data }));
      const took = clock.now() - began;
      const perSecond = (n: number): string => (count === 0 ? "-nan" : Math.round(n / (took / 1000)).toString());
      io.stdout(
        settings.json
          ? `${JSON.stringify({ packets: count, bytes: count * size1, milliseconds: took })}\n`
          : `Finished in ${(count === 0 ? 0 : took).toFixed(1)} ms (${perSecond(count)} packets/s) (${perSecond(count * size1)} bytes/s)\n`,
      );
    });
  },
};

/** Commands about a switch as a whole. */
export const switchCommands: readonly OfctlCommand[] = [
  show,
  dump("dump-desc", { kind: "desc_request" }),
  dump("dump-ipfix-bridge", { kind: "ipfix_bridge_stats_request" }),
  dump("dump-ipfix-flow", { kind: "ipfix_flow_stats_request" }),
  getFrags,
  setFrags,
  probe,
  ping,
  benchmark,
];
