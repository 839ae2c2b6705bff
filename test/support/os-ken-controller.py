"""A controller on os-ken's application interface, for tests of switches.

Standard output has a JSON line for each event: {"event": NAME, "message": what os-ken read}. Standard input takes a line per
command: a Python expression in which `dp` is the switch, `p` its version's parser and `o` its constants. A message that comes of it
is sent; so are those of a list. `LEARN=1` in the environment makes it a learning switch.
"""
import json
import os
import sys

from eventlet import hubs
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, DEAD_DISPATCHER, HANDSHAKE_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib import hub
from os_ken.lib.mac import haddr_to_bin
from os_ken.lib.packet import ethernet, packet
from os_ken.ofproto import ofproto_v1_0

PHASES = [HANDSHAKE_DISPATCHER, CONFIG_DISPATCHER, MAIN_DISPATCHER]
# What comes by itself, of what moments decide how often.
QUIET = {"EventOFPEchoRequest", "EventOFPEchoReply", "EventOFPMsgBase", "EventOFPStateChange", "EventOFPPortStateChange"}
READ = [
    getattr(ofp_event, name)
    for name in dir(ofp_event)
    if name.startswith("EventOFP") and name not in QUIET and not name.endswith("Request")
]


def tell(event, message):
    sys.stdout.write(json.dumps({"event": event, "message": message}, sort_keys=True, default=lambda b: b.hex()) + "\n")
    sys.stdout.flush()


def summary(message):
    """Of what tables can do, the outline: the whole takes os-ken a minute to write."""
    tables = []
    for table in message.body:
        properties = [[one.type, one.length] for one in table.properties]
        tables.append([table.table_id, table.name.decode(), table.max_entries, table.metadata_match, properties])
    return {"TableFeatures": tables}


class Controller(app_manager.OSKenApp):
    OFP_VERSIONS = [int(os.environ["OF_VERSION"])]

    def start(self):
        self.datapath = None
        self.places = {}
        hub.spawn(self.obey)
        return super().start()

    def obey(self):
        rest = b""
        while True:
            hubs.trampoline(0, read=True)
            got = os.read(0, 65536)
            if not got:  # Told nothing any more.
                return
            *lines, rest = (rest + got).split(b"\n")
            for line in lines:
                self.do(line.decode())

    def do(self, line):
        dp = self.datapath
        try:
            names = {"dp": dp, "o": dp.ofproto, "p": dp.ofproto_parser}
            made = eval(line, names)
            for message in made if isinstance(made, list) else [made]:
                dp.send_msg(message)
        except Exception as error:
            tell("complaint", "%s: %r" % (line, error))

    @set_ev_cls(ofp_event.EventOFPStateChange, [MAIN_DISPATCHER, DEAD_DISPATCHER])
    def state(self, ev):
        if ev.state == MAIN_DISPATCHER:
            self.datapath = ev.datapath
            if os.environ.get("LEARN") and ev.datapath.ofproto.OFP_VERSION > ofproto_v1_0.OFP_VERSION:
                self.miss(ev.datapath)
        tell("state", ev.state)

    @set_ev_cls(READ, PHASES)
    def heard(self, ev):
        name = type(ev).__name__
        tell(name, summary(ev.msg) if "TableFeatures" in name else ev.msg.to_jsondict())
        if name == "EventOFPPacketIn" and os.environ.get("LEARN"):
            self.learn(ev.msg)

    def miss(self, dp):
        o, p = dp.ofproto, dp.ofproto_parser
        self.add(dp, 0, p.OFPMatch(), [p.OFPActionOutput(o.OFPP_CONTROLLER, o.OFPCML_NO_BUFFER)])

    def add(self, dp, priority, match, actions):
        o, p = dp.ofproto, dp.ofproto_parser
        if o.OFP_VERSION == ofproto_v1_0.OFP_VERSION:
            kind = {"actions": actions}
        else:
            kind = {"instructions": [p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, actions)]}
        flags = o.OFPFF_SEND_FLOW_REM if priority else 0
        dp.send_msg(p.OFPFlowMod(datapath=dp, priority=priority, cookie=priority, match=match, flags=flags, **kind))

    def learn(self, message):
        dp = message.datapath
        o, p = dp.ofproto, dp.ofproto_parser
        is_first = o.OFP_VERSION == ofproto_v1_0.OFP_VERSION
        in_port = message.in_port if is_first else message.match["in_port"]
        frame = packet.Packet(message.data).get_protocol(ethernet.ethernet)
        if frame.ethertype == 0x88CC:
            return
        self.places[dp.id, frame.src] = in_port
        out_port = self.places.get((dp.id, frame.dst), o.OFPP_FLOOD)
        actions = [p.OFPActionOutput(out_port)]
        if out_port != o.OFPP_FLOOD:
            if is_first:
                match = p.OFPMatch(in_port=in_port, dl_dst=haddr_to_bin(frame.dst), dl_src=haddr_to_bin(frame.src))
            else:
                match = p.OFPMatch(in_port=in_port, eth_dst=frame.dst, eth_src=frame.src)
            self.add(dp, 1, match, actions)
        data = message.data if message.buffer_id == o.OFP_NO_BUFFER else None
        where = {"match": p.OFPMatch(in_port=in_port)} if o.OFP_VERSION >= 6 else {"in_port": in_port}
        dp.send_msg(p.OFPPacketOut(datapath=dp, buffer_id=message.buffer_id, actions=actions, data=data, **where))
