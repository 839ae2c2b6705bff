import { newMatch } from "#flow/match.js";
import { decodeMessage, encodeMessage } from "#openflow/messages/codec.js";
import type { Message } from "#openflow/messages/message.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import { type PacketIn, portMatch, portOfMatch } from "#openflow/messages/packet/packet-in.js";
import { formatMessage } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OFPP } from "#openflow/port-number.js";
import { type Protocol, protocolOfVersion } from "#openflow/protocol.js";
import { protocolChange } from "#openflow/protocol-change.js";
import { OF10, OF13, type Version } from "#openflow/version.js";
import { limitedLog } from "#runtime/limited-log.js";
import type { Log, Logger } from "#runtime/logger.js";
import type { OpenFlowSessionHandlers } from "#runtime/openflow-session.js";
import type { Xids } from "#runtime/openflow-xids.js";
import type { Clock } from "#util/clock.js";
import { addFlow, type ForwardingSettings, LearningSwitch } from "./learning-switch.js";
import { protocolFor, type SwitchFlows } from "./switch-flows.js";

/** OFPR_ACTION. */
const BY_ACTION = 1;
const none = new Uint8Array(0);

/** Bytes of answers that may wait for a switch. */
const longestBacklog = 1024 * 1024;

/** Bytes of a packet that a switch sends us, at most. */
const missSendLength = 128;

/** What a switch is controlled with. */
export interface ControlSettings extends ForwardingSettings {
  readonly mute: boolean;
  readonly flows: SwitchFlows;
}

/** What all switches share. */
export interface ControlContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly xids: Xids;
}

/** The controller's side of one switch. It is the handlers of a session, and sends through `send`. */
export class ControlledSwitch implements OpenFlowSessionHandlers {
  /** Where messages go; dropped until the session is there. */
  send: (message: Uint8Array) => void = () => {};
  /** Bytes of messages that the switch has not taken yet. */
  backlog: () => number = () => 0;
  readonly #name: string;
  readonly #settings: ControlSettings;
  readonly #context: ControlContext;
  readonly #log: Logger;
  readonly #forwarding: LearningSwitch;
  readonly #gone: () => void;
  #version: Version = OF10;
  #protocol: Protocol = protocolOfVersion(OF10);
  /** Undefined until the switch has said what it is. */
  #datapathId: string | undefined;

  constructor(name: string, settings: ControlSettings, context: ControlContext, gone: () => void) {
    this.#name = name;
    this.#settings = settings;
    this.#context = context;
    this.#log = context.log.module("learning_switch");
    this.#gone = gone;
    this.#forwarding = new LearningSwitch(settings, (mac, port) => {
      this.#log.dbg(`${this.#datapathId}: learned that ${mac} is on port ${port}`);
    });
  }

  onConnected(version: Version): void {
    this.#version = version;
    this.#protocol = protocolOfVersion(version);
    this.#tell({ kind: "features_request" });
    this.#tell({ kind: "set_config", fragments: "normal", invalidTtlToController: false, missSendLength });
    // Since OpenFlow 1.3 packets that no flow takes are dropped.
    if (version >= OF13) {
      const toController = { kind: "output", port: OFPP.controller, maxLength: missSendLength } as const;
      this.#tell(addFlow(newMatch(), 0, [toController]));
    }
    this.#tellFlows();
  }

  onMessage(bytes: Uint8Array): void {
    if (this.#settings.mute) return;
    const message = this.#decode(bytes);
    if (message === undefined) return;
    const { body } = message;
    switch (body.kind) {
      case "features_reply":
        this.#known(body.datapathId);
        for (const { number, name } of body.ports) this.#forwarding.port(number, name);
        break;
      case "port_desc_reply":
        for (const { number, name } of body.ports) this.#forwarding.port(number, name);
        break;
      case "packet_in":
        this.#packetIn(body);
        break;
      case "flow_removed":
      case "echo_reply":
        break;
      default:
        this.#ignored(message);
    }
  }

  onDisconnected(): void {
    this.#gone();
  }

  #decode(bytes: Uint8Array): Message | undefined {
    try {
      return decodeMessage(bytes, (module, text) => limitedLog(this.#context.log, module).warn(text));
    } catch (error) {
      if (error instanceof OfpError) return undefined;
      throw error;
    }
  }

  #known(datapathId: bigint): void {
    const isNew = this.#datapathId === undefined;
    this.#datapathId = datapathId.toString(16).padStart(16, "0");
    // Later versions tell of their ports apart.
    if (isNew && this.#version >= OF13 && this.#settings.portQueues.size > 0) {
      this.#tell({ kind: "port_desc_request", port: OFPP.none });
    }
  }

  #packetIn({ reason, match, bufferId, data }: PacketIn): void {
    // What a flow's own action sends here is for someone else.
    if (this.#datapathId === undefined || reason === BY_ACTION) return;
    // A switch that does not read its answers loses packets, as upstream lets it.
    if (this.backlog() > longestBacklog) return;
    const inPort = portOfMatch(match);
    const verdict = this.#forwarding.packet(this.#context.clock.now(), { inPort, bufferId, data });
    if (verdict.flow !== undefined) this.#tell(verdict.flow);
    const { actions } = verdict;
    if (actions === undefined) return;
    const kept = bufferId !== NO_BUFFER;
    this.#tell({ kind: "packet_out", bufferId, match: portMatch(inPort), actions, data: kept ? none : data });
  }

  #ignored(message: Message): void {
    if (!this.#log.isEnabled("dbg")) return;
    this.#log.dbg(`${this.#datapathId ?? this.#name}: OpenFlow packet ignored: ${formatMessage(message)}`);
  }

  #tell(body: Body): void {
    const { xids } = this.#context;
    this.send(encodeMessage(body, this.#version, xids.next(), { protocol: this.#protocol }));
  }

  #tellFlows(): void {
    const { flowMods, usable } = this.#settings.flows;
    if (flowMods.length === 0) return;
    const protocol = protocolFor(this.#version, usable);
    if (protocol === undefined) {
      this.#log.info(`${this.#name}: failed to set usable protocol`);
      return;
    }
    for (const body of protocolChange(this.#protocol, protocol)) this.#tell(body);
    this.#protocol = protocol;
    for (const flowMod of flowMods) this.#tell(flowMod);
  }
}
