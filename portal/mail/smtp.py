"""Sends one mail, and knows whether the mail server certainly did not accept it."""

import smtplib
from contextlib import suppress
from typing import Any

from django.core.mail import EmailMessage, get_connection

from portal.models import MailTrouble

Word = MailTrouble.Word


class NotTaken(Exception):
    """The server accepts no mail now. This one was not sent."""

    def __init__(self, word: MailTrouble.Word) -> None:
        super().__init__(word)
        self.word = word


class Refused(Exception):
    """The server works, but refuses this mail, permanently or for now."""

    def __init__(self, *, for_good: bool) -> None:
        super().__init__(for_good)
        self.for_good = for_good


class MayHaveArrived(Exception):
    """The connection broke after the body had started. The mail may have arrived."""

    def __init__(self, word: MailTrouble.Word) -> None:
        super().__init__(word)
        self.word = word


class _Watched:
    """Replaces a connection's ``data`` and notes when sending the body starts."""

    def __init__(self, server: Any) -> None:
        self.began = server is None  # for a backend other than SMTP this is unknown
        if server:
            self._data, server.data = server.data, self

    def __call__(self, words: Any) -> Any:
        self.began = True
        return self._data(words)


def hand_over(message: EmailMessage) -> None:
    """Raises NotTaken, Refused or MayHaveArrived. Each step waits for EMAIL_TIMEOUT at most."""
    connection = get_connection()
    try:
        _open(connection)
        _send(connection, message)
    finally:
        with suppress(OSError):  # a server that does not answer QUIT may still have accepted the mail
            connection.close()


def _open(connection: Any) -> None:
    try:
        connection.open()
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
        raise NotTaken(Word.LOGIN) from error
    except OSError as error:  # smtplib's errors are among these
        raise NotTaken(_word(error, Word.UNREACHABLE)) from error


def _send(connection: Any, message: EmailMessage) -> None:
    watched = _Watched(getattr(connection, "connection", None))
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        raise Refused(for_good=all(code >= 500 for code in codes)) from error
    except smtplib.SMTPSenderRefused as error:
        raise NotTaken(Word.SENDER) from error
    except smtplib.SMTPDataError as error:
        raise Refused(for_good=error.smtp_code >= 500) from error
    except (ValueError, smtplib.SMTPNotSupportedError) as error:  # an address that no mail can carry
        raise Refused(for_good=True) from error
    except OSError as error:
        if watched.began:
            raise MayHaveArrived(_word(error, Word.CUT)) from error
        raise NotTaken(_word(error, Word.CUT)) from error


def _word(error: OSError, else_: MailTrouble.Word) -> MailTrouble.Word:
    """smtplib says of a server that it waited for in vain that it disconnected."""
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return Word.SILENT
    return Word.CUT if isinstance(error, smtplib.SMTPException) else else_
