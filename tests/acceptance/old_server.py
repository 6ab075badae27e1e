"""A stand-in for a server of the past: answers INFO as Redis 6.2 does."""

import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager

_INFO = b"# Server\r\nredis_version:6.2.14\r\nrole:master\r\n"
_ANSWERS = {b"INFO": b"$%d\r\n%b\r\n" % (len(_INFO), _INFO), b"PING": b"+PONG\r\n"}


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while words := self._command():
            self.wfile.write(_ANSWERS.get(words[0].upper(), b"+OK\r\n"))

    def _command(self) -> list[bytes]:
        """One RESP array of bulk strings; empty when the client is gone."""
        head = self.rfile.readline()
        words: list[bytes] = []
        for _ in range(int(head[1:]) if head else 0):
            length = int(self.rfile.readline()[1:])
            words.append(self.rfile.read(length + 2)[:-2])
        return words


@contextmanager
def old_server() -> Generator[str]:
    """Its address."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()
