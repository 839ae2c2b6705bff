# Reads messages with os-ken, one line of hexadecimal digits each, and tells of each, one line each:
#   read CLASS ELEMENTS BYTES FLOW    what os-ken makes of it: its class, how many elements its list has, the bytes it writes for it again, and
#                                     those of a flow mod with the match and the instructions of the first element ("-": there is none)
#   fail TEXT                         the exception
import logging
import signal
import struct
import sys

from os_ken.ofproto import ofproto_parser, ofproto_protocol

logged = []


class Log(logging.Handler):
    """Keeps what os-ken logs instead of raising it."""

    def emit(self, record):
        logged.append(str(record.exc_info[1]) if record.exc_info else record.getMessage())


logging.getLogger().addHandler(Log())
datapaths = {v: ofproto_protocol.ProtocolDesc(version=v) for v in (1, 3, 4, 5, 6)}


def own(cls, name):
    """True where a message's class, or one between it and the root of all, has this method."""
    return getattr(cls, name) is not getattr(ofproto_parser.MsgBase, name)


def written(msg):
    if not own(type(msg), "_serialize_body") or type(msg).parser.__func__ is ofproto_parser.MsgBase.parser.__func__:
        return "-"
    msg.buf = None
    msg.serialize()
    return bytes(msg.buf).hex()


def flow_of(datapath, msg):
    """The match and the instructions that a message tells of, as a flow mod."""
    body = getattr(msg, "body", None)
    first = body[0] if isinstance(body, list) and body else msg
    match = getattr(first, "match", None)
    if match is None or datapath.ofproto.OFP_VERSION == 1:
        return "-"
    instructions = getattr(first, "instructions", None)
    mod = datapath.ofproto_parser.OFPFlowMod(datapath, match=match, instructions=instructions or [])
    mod.serialize()
    return bytes(mod.buf).hex()


def tell(line):
    buf = bytes.fromhex(line)
    version, msg_type, msg_len, xid = struct.unpack_from("!BBHI", buf)
    datapath = datapaths[version]
    msg = ofproto_parser.msg(datapath, version, msg_type, msg_len, xid, buf)
    if msg is None:
        return "fail " + (" ".join(logged) or "no parser").replace("\n", " ")
    body = getattr(msg, "body", None)
    count = len(body) if isinstance(body, list) else "-"
    return " ".join(["read", type(msg).__name__, str(count), written(msg), flow_of(datapath, msg)])


def too_long(*_):
    raise TimeoutError("it does not end")


signal.signal(signal.SIGALRM, too_long)
for line in sys.stdin:
    logged.clear()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        print(tell(line.strip()))
    except Exception as e:
        print("fail", type(e).__name__, str(e).replace("\n", " "))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
