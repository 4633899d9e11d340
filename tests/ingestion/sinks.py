"""A mail server and a web server on loopback that only take what they are sent."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mail_sink(host: str = "127.0.0.1") -> Iterator[tuple[str, list[Message]]]:
    """URL of a mail server that takes any password and encrypts nothing, and the messages that it has taken."""
    taken: list[Message] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 sink\r\n")
            for line in self.rfile:
                command = line.strip().upper()
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    content = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        content += part
                    taken.append(message_from_bytes(content, policy=default))
                word = command.split(b" ")[0]
                self.wfile.write(_ANSWERS.get(word, b"250 ok\r\n"))
                if command == b"QUIT":
                    return

    with _serving(socketserver.TCPServer((host, 0), Handler)) as port:
        yield f"smtp://{host}:{port}", taken


_ANSWERS = {
    b"EHLO": b"250-sink\r\n250 AUTH PLAIN\r\n",
    b"AUTH": b"235 ok\r\n",
    b"QUIT": b"221 bye\r\n",
}


@contextmanager
def nonsense_server(answer: bytes) -> Iterator[str]:
    """URL of a server that says `answer` to whatever it is sent, and hangs up."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(answer)

    with _serving(socketserver.TCPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/hook"


@contextmanager
def web_sink(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """URL of a web server that answers with `status`, and the JSON that it was sent."""
    taken: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with _serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/hook", taken
