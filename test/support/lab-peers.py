"""The two ends of connections in a lab, standard library only.

serve tcp:PORT udp:PORT ftp:PORT ...   answers on these ports, prints "ready", goes on until it is killed
tcp HOST PORT, udp HOST PORT           one exchange; prints the client's address as the server saw it
ftp HOST PORT active|passive           fetches and stores a file; prints the sizes
hold HOST PORT                         a TCP connection that is kept: a line in, what the server says to it out
"""
import ftplib
import io
import socket
import sys
import threading

CONTENT = bytes(i & 0xFF for i in range(300000))
TIMEOUT = 2.0


def serve_tcp(listener):
    while True:
        connection, peer = listener.accept()
        threading.Thread(target=answer, args=(connection, peer), daemon=True).start()


def answer(connection, peer):
    with connection, connection.makefile("rb") as lines:
        for _ in lines:
            connection.sendall(f"{peer[0]} {peer[1]}\n".encode())


def serve_udp(sock):
    while True:
        _, peer = sock.recvfrom(2000)
        sock.sendto(f"{peer[0]} {peer[1]}\n".encode(), peer)


def serve_ftp(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=ftp_session, args=(connection,), daemon=True).start()


def listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind((host, port))
    listener.listen(50)
    return listener


def ftp_session(control):
    own = control.getsockname()[0]
    passive, active = None, None

    def say(text):
        control.sendall((text + "\r\n").encode())

    def data():
        if passive is None:
            return socket.create_connection(active, timeout=TIMEOUT)
        passive.settimeout(TIMEOUT)
        return passive.accept()[0]

    def numbers(port):
        plain = own[7:] if own.startswith("::ffff:") else own
        return ",".join(plain.split(".") + [str(port >> 8), str(port & 255)])

    say("220 ready")
    for line in control.makefile("r", newline="\r\n"):
        word, _, rest = line.strip().partition(" ")
        if word in ("USER", "PASS", "TYPE"):
            say("230 ok")
        elif word in ("PASV", "EPSV"):
            passive = listen(own, 0)
            port = passive.getsockname()[1]
            if word == "PASV":
                say(f"227 Entering Passive Mode ({numbers(port)}).")
            else:
                say(f"229 Entering Extended Passive Mode (|||{port}|)")
        elif word == "PORT":
            part = rest.split(",")
            passive, active = None, (".".join(part[:4]), int(part[4]) * 256 + int(part[5]))
            say("200 ok")
        elif word == "EPRT":
            part = rest.split("|")
            passive, active = None, (part[2], int(part[3]))
            say("200 ok")
        elif word in ("RETR", "STOR"):
            try:
                say("150 here")
                with data() as stream:
                    if word == "RETR":
                        stream.sendall(CONTENT)
                        size = len(CONTENT)
                    else:
                        size = sum(len(piece) for piece in iter(lambda: stream.recv(65536), b""))
                say(f"226 {size} bytes")
            except OSError as error:
                say(f"425 {error}")
        elif word == "QUIT":
            say("221 bye")
            return
        else:
            say("502 not here")


def serve(ports):
    for word in ports:
        kind, port = word.split(":")
        if kind == "udp":
            sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.bind(("::", int(port)))
            target, argument = serve_udp, sock
        else:
            target, argument = (serve_tcp if kind == "tcp" else serve_ftp), listen("::", int(port))
        threading.Thread(target=target, args=(argument,), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def seen(text):
    print(text.replace("::ffff:", "").strip(), flush=True)


def tcp(host, port):
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as connection:
        connection.sendall(b"hello\n")
        seen(connection.recv(100).decode())


def udp(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect((host, int(port)))
        sock.send(b"hello\n")
        seen(sock.recv(100).decode())


def ftp(host, port, mode):
    with ftplib.FTP() as client:
        client.connect(host, int(port), timeout=TIMEOUT)
        client.login("anybody", "secret")
        client.set_pasv(mode == "passive")
        pieces = []
        client.retrbinary("RETR file", pieces.append)
        stored = client.storbinary("STOR file", io.BytesIO(CONTENT))
        print("same" if b"".join(pieces) == CONTENT else "other", stored, flush=True)


def hold(host, port):
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as connection:
        lines = connection.makefile("r")
        connection.settimeout(10)
        for _ in sys.stdin:
            connection.sendall(b"hello\n")
            seen(lines.readline() or "closed")


COMMANDS = {"tcp": tcp, "udp": udp, "ftp": ftp, "hold": hold}
try:
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
    COMMANDS[sys.argv[1]](*sys.argv[2:])
except OSError as error:
    sys.exit(f"{type(error).__name__}: {error}")
except ftplib.Error as error:
    sys.exit(f"{type(error).__name__}: {error}")
