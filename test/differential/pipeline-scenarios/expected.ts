/** Scenarios in which we differ from the installed switch, and why. One that differs no more fails the test, as a new one does. */
export const expectedDifferences: Readonly<Record<string, string>> = {
  "flow mods: actions that contradict the match, per version":
    "mod_tp_dst of a flow without a protocol is shown by OpenFlow 1.5 as the set_field it is; upstream shows an action that version does not have",
  "actions in trace: vlan_tci loads and moves":
    "a trace's megaflow says that there is a VLAN header by its fields only; upstream also where an action looked at its presence",
  "actions in trace: IPv6 addresses, label, traffic class, hop limit":
    "a flow label that an action looked at is shown as any other; upstream shows it with a mask of all its bits",
  "actions in trace: MPLS push, pop and what is in between":
    "a label is written whole, so all of it is looked at; upstream's megaflow leaves parts out and rewrites other packets wrongly",
  "actions in trace: MPLS: several labels":
    "a label stack that is cut off before its bottom is told apart from whole ones; upstream's megaflow does not",
  "actions in trace: MPLS: pop and push with what lies below":
    "where a type of service is changed under a label, the protocol is looked at as it is without one; upstream leaves it out",
  "packets: MPLS pushed, popped, counted down":
    "a label is written whole, so all of it is looked at; upstream's megaflow leaves parts out and rewrites other packets wrongly",
  "actions in trace: actions on packets that lack the field":
    "mod_tp_dst leaves ICMP alone; upstream overwrites its code",
  "meters: modify, delete, refusals": "our datapath has bands that remark DSCP",
  "meters: features": "our datapath has bands that remark DSCP",
  "packet-ins: a miss of a port without packet-ins": "no-packet-in is honoured for misses, as it is documented",
  "packet-ins: pause with an action set and after a patch port":
    "upstream's continuation is malformed where there are an action set and a goto_table: its own controller's answer is refused",
  "conntrack: port ranges: every port is taken":
    "what no port is left to translate to is dropped for a reason that is counted, not sent on as it is",
  "conntrack: port ranges: one port is taken":
    "what no port is left to translate to is dropped for a reason that is counted, not sent on as it is",
  "ports: dpif and dpctl about ports": "tunnels, lb_output, add_mpls and ND extensions of the datapath come later",
  "megaflows: drops that are explicit": "tunnels, lb_output, add_mpls and ND extensions of the datapath come later",
  "megaflows: revalidation after a change of flows":
    "packets that were counted before a change are credited to the flow they matched then; upstream credits the new one",
  "megaflows: TCP flags, ARP and ND fields of megaflows":
    "what of neighbour discovery was looked at is matched; upstream forgets it where the code was not looked at",
};
