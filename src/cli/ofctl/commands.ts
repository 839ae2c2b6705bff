import { parseActionsCommand, parseInstructions } from "./action-commands.js";
import { checkVlan } from "./check-vlan-command.js";
import { composePacket, parsePacketCommand } from "./compose-commands.js";
import { extensionCommands } from "./extension-commands.js";
import { flowCommands } from "./flow-commands.js";
import { flowSourceCommands } from "./flow-source-commands.js";
import { groupCommands } from "./group-commands.js";
import { listCommands } from "./list-commands.js";
import { parseNxMatch, parseNxmCommand, parseOfp10Match, parseOfp11Match, parseOxm } from "./match-commands.js";
import { meterCommands } from "./meter-commands.js";
import { monitorCommands } from "./monitor-commands.js";
import type { OfctlCommand } from "./ofctl-command.js";
import { packetCommands } from "./packet-commands.js";
import { parseCommands } from "./parse-commands.js";
import { pcapCommands } from "./pcap-commands.js";
import { portCommands } from "./port-commands.js";
import { printCommands } from "./print-commands.js";
import { switchCommands } from "./switch-commands.js";
import { tableCommands } from "./table-commands.js";

const all: readonly OfctlCommand[] = [
  ...switchCommands,
  ...monitorCommands,
  ...tableCommands,
  ...flowCommands,
  ...flowSourceCommands,
  ...groupCommands,
  ...meterCommands,
  ...portCommands,
  ...packetCommands,
  ...extensionCommands,
  ...printCommands,
  ...parseCommands,
  ...pcapCommands,
  parseNxMatch,
  parseNxmCommand,
  parseOxm,
  parseActionsCommand,
  parseInstructions,
  parseOfp10Match,
  parseOfp11Match,
  checkVlan,
  composePacket,
  parsePacketCommand,
  ...listCommands(() => ofctlCommands),
];

/** Upstream's order, which `list-commands` has. */
const order: readonly string[] = `
  show monitor snoop dump-desc dump-tables dump-table-features dump-table-desc dump-flows dump-aggregate queue-stats
  queue-get-config add-flow add-flows mod-flows del-flows replace-flows diff-flows add-meter mod-meter del-meter del-meters
  dump-meter dump-meters meter-stats meter-features packet-out dump-ports dump-ports-desc mod-port mod-table get-frags
  set-frags probe ping benchmark dump-ipfix-bridge dump-ipfix-flow ct-flush-zone ct-flush ofp-parse ofp-parse-pcap
  add-group add-groups mod-group del-groups insert-buckets remove-buckets dump-groups dump-group-stats dump-group-features
  bundle add-tlv-map del-tlv-map dump-tlv-map help list-commands parse-flow parse-flows parse-group parse-nx-match
  parse-nxm parse-oxm parse-actions parse-instructions parse-ofp10-match parse-ofp11-match parse-pcap check-vlan
  print-error encode-error-reply ofp-print encode-hello parse-key-value compose-packet parse-packet`
  .trim()
  .split(/\s+/);

/** Every command of `ovs-ofctl`. */
export const ofctlCommands: readonly OfctlCommand[] = [...all].sort(
  (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
);
