"""A mail server on a loopback socket, which takes mail or misbehaves as a test wants."""

import asyncio
import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailServer:
    """``mails`` it took. ``refuse``: what it answers to a recipient; ``fault``: where it stops.

    Faults: ``hang`` (never greets), ``slow`` (greets once it is released), ``stall`` (never answers who the
    mail is from), ``cut`` (drops the line there), ``cut after words`` (takes the mail and drops the line
    without saying so).
    """

    def __init__(self) -> None:
        self.port = 0
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

    async def hang(self) -> None:
        self.hangs.set()
        await asyncio.to_thread(self.released.wait, 60)

    async def handle_MAIL(self, smtp: SMTP, _: Session, envelope: Envelope, address: str, __: Any) -> str:  # noqa: N802
        if self.fault == "stall":
            await self.hang()
        if self.fault in {"cut", "stall"}:
            smtp.transport.abort()
        envelope.mail_from = address
        return "250 yes"

    async def handle_RCPT(self, _: Any, __: Any, envelope: Envelope, address: str, ___: Any) -> str:  # noqa: N802
        if refused := [answer for start, answer in self.refuse.items() if address.startswith(start)]:
            return refused[0]
        envelope.rcpt_tos.append(address)
        return "250 yes"

    async def handle_DATA(self, smtp: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        self.arrived.set()
        if self.fault == "cut after words":
            smtp.transport.abort()
        return "250 taken"


class _Line(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        mails: MailServer = self.event_handler
        mails.connections += 1
        if mails.fault in {"hang", "slow"}:
            self.waiting = self.loop.create_task(self._greet_later(mails, transport))
        else:
            super().connection_made(transport)

    async def _greet_later(self, mails: MailServer, transport: asyncio.BaseTransport) -> None:
        await mails.hang()
        if mails.fault == "hang":
            transport.abort()
        else:
            super().connection_made(transport)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Line(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    mails = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as free:
        mails.port = free.getsockname()[1]
    controller = _Controller(mails, hostname="127.0.0.1", port=mails.port)
    controller.start()  # which connects once itself
    mails.connections = 0
    yield mails
    mails.released.set()
    controller.stop()
