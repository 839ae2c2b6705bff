"""Ends of traffic whose content is checked, standard library only.

sink PORT                              takes TCP and UDP on a port, IPv4 and IPv6; prints "ready", goes on until it is killed
tcp HOST PORT BYTES                    sends so many bytes; prints "same" where the sink's hash of them is ours
udp HOST PORT COUNT SIZE [SEGMENT]     sends COUNT datagrams of SIZE bytes (with SEGMENT: handed to the kernel as large ones, of which each
                                       piece of SEGMENT bytes becomes a datagram); prints how many the sink got whole, and how many it got spoilt
"""
import hashlib
import os
import socket
import struct
import sys
import threading
import time

UDP_SEGMENT = 103
streams = {}


def pattern(stream, number, size):
    """What datagram `number` of a stream holds."""
    head = struct.pack("!QII", stream, number, size)
    return (head + hashlib.sha256(head).digest() * (size // 32 + 1))[:size]


def listen(kind, port):
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("::", port))
    return sock


def answer(connection):
    with connection:
        word = connection.recv(9, socket.MSG_WAITALL)
        if word[:1] == b"u":
            good, bad = streams.get(struct.unpack("!Q", word[1:])[0], (0, 0))
            connection.sendall(f"{good} {bad}\n".encode())
            return
        seen = hashlib.sha256()
        for piece in iter(lambda: connection.recv(1 << 18), b""):
            seen.update(piece)
        connection.sendall(seen.digest())


def take_datagrams(sock):
    while True:
        data = sock.recv(1 << 16)
        if len(data) < 16:
            continue
        stream, number, size = struct.unpack("!QII", data[:16])
        good, bad = streams.get(stream, (0, 0))
        right = len(data) == size and data == pattern(stream, number, size)
        streams[stream] = (good + 1, bad) if right else (good, bad + 1)


def sink(port):
    datagrams = listen(socket.SOCK_DGRAM, int(port))
    datagrams.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
    threading.Thread(target=take_datagrams, args=(datagrams,), daemon=True).start()
    listener = listen(socket.SOCK_STREAM, int(port))
    listener.listen(100)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def tcp(host, port, size):
    content = os.urandom(int(size))
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        connection.sendall(b"t" * 9 + content)
        connection.shutdown(socket.SHUT_WR)
        theirs = connection.recv(32, socket.MSG_WAITALL)
        print("same" if theirs == hashlib.sha256(content).digest() else "other", flush=True)


def arrived(host, port, stream):
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        connection.sendall(b"u" + struct.pack("!Q", stream))
        return connection.makefile().readline().strip()


def udp(host, port, count, size, segment=None):
    stream = struct.unpack("!Q", os.urandom(8))[0]
    piece = int(segment or size)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect((host, int(port)))
        if segment:
            sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, piece)
        each = int(size) // piece
        for i in range(int(count)):
            sock.send(b"".join(pattern(stream, i * each + k, piece) for k in range(each)))
            time.sleep(0.0005)
    # Those on their way have a moment to arrive.
    wanted = f"{int(count) * each} 0"
    for _ in range(50):
        got = arrived(host, port, stream)
        if got == wanted:
            break
        time.sleep(0.02)
    print(got, flush=True)


try:
    {"sink": sink, "tcp": tcp, "udp": udp}[sys.argv[1]](*sys.argv[2:])
except OSError as error:
    sys.exit(f"{type(error).__name__}: {error}")
