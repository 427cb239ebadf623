"""A mail server of our own on a loopback socket, which takes mail or misbehaves as a test wants."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any


class MailServer:
    """``mails`` it took. ``refuse``: what it answers to a recipient; ``fault``: where it stops.

    Faults: ``hang`` (never greets), ``slow`` (greets once it is released), ``stall`` (never answers who the
    mail is from), ``cut`` (drops the line there), ``cut after words`` (takes the mail and drops the line
    without saying so).
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self.fault = ""
        self.connections = 0
        self.released = threading.Event()  # of those who hang
        self.hangs = threading.Event()
        self.arrived = threading.Event()

    @property
    def recipients(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.mails)


class _Line(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        mails: MailServer = self.server.mail_server  # type: ignore[attr-defined]
        mails.connections += 1
        if mails.fault == "hang":
            self.hang(mails)
            return
        if mails.fault == "slow":
            self.hang(mails)
        self.say("220 here")
        while line := self.rfile.readline():
            if not self.answer(line.decode().strip(), mails):
                return

    def answer(self, line: str, mails: MailServer) -> bool:
        """False where the line drops."""
        verb = line.upper()
        if verb.startswith("MAIL") and mails.fault in {"cut", "stall"}:
            if mails.fault == "stall":
                self.hang(mails)
            return False
        if verb.startswith("RCPT"):
            self.say(next((no for address, no in mails.refuse.items() if address in line), "250 yes"))
        elif verb == "DATA":
            self.say("354 go on")
            words = b"".join(iter(self.rfile.readline, b".\r\n"))
            mails.mails.append(email.message_from_bytes(words, policy=email.policy.default))  # type: ignore[arg-type]
            mails.arrived.set()
            if mails.fault == "cut after words":
                return False
            self.say("250 taken")
        elif verb == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 yes")
        return True

    def hang(self, mails: MailServer) -> None:
        mails.hangs.set()
        mails.released.wait(60)

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    mail_server: MailServer

    def handle_error(self, *_: Any) -> None:
        """Who hangs up on us is part of the test."""


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with _Server(("127.0.0.1", 0), _Line) as server:
        server.mail_server = MailServer(server.server_address[1])
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield server.mail_server
        server.mail_server.released.set()
        server.shutdown()
