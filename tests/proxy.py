"""A TCP proxy that spoils connections as bad networks do (fault row 18; the toxiproxy list).

``with Proxy(port) as proxy: proxy.toxic = Toxic(latency=0.5)``: what is open and what comes is
spoiled from then on, in both directions, until ``proxy.toxic = Toxic()``.
"""

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Any

CHUNK = 16_384


@dataclass(frozen=True)
class Toxic:
    """What a connection suffers; seconds and bytes, 0 means none of it.

    ``latency`` before each piece; ``bandwidth`` in bytes a second; ``slow_close`` before a close
    is passed on; ``black_hole`` holds everything back while it lasts; ``reset`` answers the
    first piece with RST; ``slicer`` passes so many bytes at a time; ``limit`` closes after so
    many bytes.
    """

    latency: float = 0
    bandwidth: int = 0
    slow_close: float = 0
    black_hole: bool = False
    reset: bool = False
    slicer: int = 0
    limit: int = 0


class Proxy:
    """Listens on ``port`` of loopback and passes on to ``target`` of loopback."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.toxic = Toxic()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._listening.close()
        for sock in list(self._open):
            self._close(sock)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                self._open |= {client, server}
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := source.recv(CHUNK):
                toxic = self.toxic
                if toxic.reset:
                    for sock in (source, sink):
                        sock.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                    break
                while self.toxic.black_hole:
                    time.sleep(0.05)
                passed += len(piece)
                if toxic.limit and passed > toxic.limit:
                    break
                self._send(sink, piece, toxic)
        time.sleep(self.toxic.slow_close)
        self._close(source)
        self._close(sink)

    def _send(self, sink: socket.socket, piece: bytes, toxic: Toxic) -> None:
        time.sleep(toxic.latency)
        size = toxic.slicer or len(piece)
        for start in range(0, len(piece), size):
            part = piece[start : start + size]
            if toxic.bandwidth:
                time.sleep(len(part) / toxic.bandwidth)
            sink.sendall(part)

    def _close(self, sock: socket.socket) -> None:
        self._open.discard(sock)
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()
