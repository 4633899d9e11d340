"""A server of FTP for tests: one user, files held in memory, on the loopback alone."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """What a server holds: the file of a path with the moment it was written (YYYYMMDDHHMMSS), and who may have it."""

    user: str
    password: str
    files: Mapping[str, tuple[str, bytes]]


@contextmanager
def ftp_server(held: Held) -> Iterator[str]:
    """`127.0.0.1:port` of a server that gives these files."""
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.held = held
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    held: Held


class _Session(socketserver.StreamRequestHandler):
    server: _Server
    data: socket.socket

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            command, _, argument = line.partition(" ")
            getattr(self, f"_{command.lower()}", self._anything)(argument)

    def _anything(self, _argument: str) -> None:
        self._say("200 fine")

    def _user(self, name: str) -> None:
        self._say("331 and the password?" if name == self.server.held.user else "530 no such user")

    def _pass(self, password: str) -> None:
        self._say("230 welcome" if password == self.server.held.password else "530 no such password")

    def _pasv(self, _argument: str) -> None:
        self.data = socket.create_server(("127.0.0.1", 0))
        port = self.data.getsockname()[1]
        self._say(f"227 here (127,0,0,1,{port // 256},{port % 256})")

    def _mlsd(self, folder: str) -> None:
        listed = [
            f"type=file;size={len(content)};modify={written}; {path.rpartition('/')[2]}\r\n"
            for path, (written, content) in self.server.held.files.items()
            if path.rpartition("/")[0] == folder
        ]
        self._send("".join(listed).encode())

    def _retr(self, path: str) -> None:
        self._send(self.server.held.files[path][1])

    def _send(self, content: bytes) -> None:
        self._say("150 it comes")
        taker, _ = self.data.accept()
        taker.sendall(content)
        taker.close()
        self.data.close()
        self._say("226 that was it")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
