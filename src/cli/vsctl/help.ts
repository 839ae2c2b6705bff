import { directories } from "#runtime/dirs.js";
import { streamUsage } from "#runtime/stream-options.js";
import { vlogUsage } from "#runtime/vlog-options.js";
import { databaseCommandsHelp } from "../db-ctl/commands/database-commands.js";
import { describeRecordNames } from "../db-ctl/records.js";
import type { ToolIo } from "../io.js";
import { tableUsage } from "../table-options.js";
import { recordNames, singletons, tableNames } from "./record-names.js";

/** The text of `ovs-vsctl --help`. */
export function helpText(io: ToolIo): string {
  const { run } = directories(io.host.process);
  return `ovs-vsctl: ovs-vswitchd management utility
usage: ovs-vsctl [OPTIONS] COMMAND [ARG...]

Open vSwitch commands:
  init                        initialize database, if not yet initialized
  show                        print overview of database contents
  emer-reset                  reset configuration to clean state

Bridge commands:
  add-br BRIDGE               create a new bridge named BRIDGE
  add-br BRIDGE PARENT VLAN   create new fake BRIDGE in PARENT on VLAN
  del-br BRIDGE               delete BRIDGE and all of its ports
  list-br                     print the names of all the bridges
  br-exists BRIDGE            exit 2 if BRIDGE does not exist
  br-to-vlan BRIDGE           print the VLAN which BRIDGE is on
  br-to-parent BRIDGE         print the parent of BRIDGE
  br-set-external-id BRIDGE KEY VALUE  set KEY on BRIDGE to VALUE
  br-set-external-id BRIDGE KEY  unset KEY on BRIDGE
  br-get-external-id BRIDGE KEY  print value of KEY on BRIDGE
  br-get-external-id BRIDGE  list key-value pairs on BRIDGE

Port commands (a bond is considered to be a single port):
  list-ports BRIDGE           print the names of all the ports on BRIDGE
  add-port BRIDGE PORT        add network device PORT to BRIDGE
  add-bond BRIDGE PORT IFACE...  add bonded port PORT in BRIDGE from IFACES
  del-port [BRIDGE] PORT      delete PORT (which may be bonded) from BRIDGE
  port-to-br PORT             print name of bridge that contains PORT

Interface commands (a bond consists of multiple interfaces):
  list-ifaces BRIDGE          print the names of all interfaces on BRIDGE
  iface-to-br IFACE           print name of bridge that contains IFACE
  add-bond-iface BOND IFACE   add IFACE to the existing port BOND
  del-bond-iface [BOND] IFACE remove IFACE from its port

Controller commands:
  get-controller BRIDGE      print the controllers for BRIDGE
  del-controller BRIDGE      delete the controllers for BRIDGE
  [--inactivity-probe=MSECS]
  set-controller BRIDGE TARGET...  set the controllers for BRIDGE
  get-fail-mode BRIDGE       print the fail-mode for BRIDGE
  del-fail-mode BRIDGE       delete the fail-mode for BRIDGE
  set-fail-mode BRIDGE MODE  set the fail-mode for BRIDGE to MODE

Manager commands:
  get-manager                print the managers
  del-manager                delete the managers
  [--inactivity-probe=MSECS]
  set-manager TARGET...      set the list of managers to TARGET...

SSL commands:
  get-ssl                     print the SSL configuration
  del-ssl                     delete the SSL configuration
  set-ssl PRIV-KEY CERT CA-CERT  set the SSL configuration

Auto Attach commands:
  add-aa-mapping BRIDGE I-SID VLAN   add Auto Attach mapping to BRIDGE
  del-aa-mapping BRIDGE I-SID VLAN   delete Auto Attach mapping VLAN from BRIDGE
  get-aa-mapping BRIDGE              get Auto Attach mappings from BRIDGE

Conntrack commands:
  add-zone-tp DATAPATH zone=ID KEY=SECS...  give zone ID a timeout policy
  del-zone-tp DATAPATH zone=ID     remove the timeout policy of zone ID
  list-zone-tp DATAPATH            print the timeout policies of all zones
  set-zone-limit DATAPATH ZONE LIMIT  limit connections in ZONE or by default
  del-zone-limit DATAPATH ZONE     remove the limit of ZONE or the default
  list-zone-limits DATAPATH        print the connection limits

Switch commands:
  list-dp-cap DATAPATH        print the capabilities of DATAPATH
  emer-reset                  reset switch to known good state

${databaseCommandsHelp}Database commands may reference a row in each table in the following ways:
${describeRecordNames(recordNames, tableNames, singletons)}
Options:
  --db=DATABASE               connect to DATABASE
                              (default: unix:${run}/db.sock)
  --no-wait                   do not wait for ovs-vswitchd to reconfigure
  --retry                     keep trying to connect to server forever
  -t, --timeout=SECS          wait at most SECS seconds for ovs-vswitchd
  --dry-run                   do not commit changes to database
  --oneline                   print exactly one line of output per command

${tableUsage}${vlogUsage("ovs-vsctl", io.host)}  --no-syslog             equivalent to --verbose=vsctl:syslog:warn

${streamUsage("database", "active and passive")}
Other options:
  -h, --help                  display this help message
  -V, --version               display version information
`;
}
