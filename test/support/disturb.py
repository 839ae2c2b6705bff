"""What disturbs a switch, standard library only. Prints "ready", then goes on until it is killed.

flood DEVICE SOURCE DESTINATION        small frames between two MAC addresses by a device, as fast as one process can send
hold DEVICE                            a TAP that is opened, and that nobody reads
"""
import fcntl
import socket
import struct
import sys
import threading

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 2, 0x1000, 0x4000


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def flood(device, source, destination):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((device, 0))
    # The type of local experiments.
    frame = mac(destination) + mac(source) + b"\x88\xb5" + bytes(46)
    print("ready", flush=True)
    while True:
        try:
            sock.send(frame)
        except OSError:
            # Its queue is full, or the device has gone.
            pass


def hold(device):
    tun = open("/dev/net/tun", "r+b", buffering=0)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    print("ready", flush=True)
    threading.Event().wait()


{"flood": flood, "hold": hold}[sys.argv[1]](*sys.argv[2:])
