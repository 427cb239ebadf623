"""The body of a mail as HTML, in whichever form the API sent it.

The result is still untrusted: foreign_html cleans it.
"""

import re
from email import message_from_string, policy
from email.message import MIMEPart
from html import unescape

from django.utils.html import linebreaks, urlize

_TAG = re.compile(
    r"<(?:!--|!doctype|/?(?:a|abbr|address|b|big|blockquote|body|br|center|code|dd|del|div|dl|dt|em|font|h[1-6]|head"
    r"|hr|html|i|img|ins|li|meta|ol|p|pre|s|script|small|span|strong|style|sub|sup|table|tbody|td|tfoot|th|thead"
    r"|title|tr|u|ul)(?=[\s/>]))",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"<(?=[^\s<>\"'@]{1,255}@[^\s<>\"']{1,255}>|https?://[^\s<>\"']{1,2000}>)")
_HEADERS = re.compile(r"\s*(?:--(?P<boundary>\S{1,70})\s*\n)?(?:[!-9;-~]+:.*\n(?:[ \t].*\n)*)+\r?\n")


def as_html(body: str) -> str:
    """HTML stays as it is. Plain text keeps its lines and texts in angle brackets. MIME is decoded."""
    if part := _mime_part(body):
        text = _content(part)
        return _plain(text) if part.get_content_type() == "text/plain" else _html(text)
    return _html(body) if _TAG.search(body) else _plain(unescape(body))


def _html(text: str) -> str:
    return _ADDRESS.sub("&lt;", text)


def _plain(text: str) -> str:
    return linebreaks(urlize(text, autoescape=True), autoescape=False)


def _mime_part(body: str) -> MIMEPart | None:
    """The text part of a mail that the API sent as raw MIME, with its headers or from its first boundary."""
    start = _HEADERS.match(body[:20_000])
    if not start or not re.search(r"(?im)^(?:content-type|mime-version):", start[0]):
        return None
    if boundary := start["boundary"]:
        body = f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n{body.lstrip()}'
    return message_from_string(body.lstrip(), policy=policy.default).get_body(("html", "plain"))


def _content(part: MIMEPart) -> str:
    """The part's text, decoded if it is base64 or quoted-printable."""
    packed = str(part.get("content-transfer-encoding", "")).strip().lower() in {"base64", "quoted-printable"}
    try:
        return str(part.get_content() if packed else part.get_payload())
    except (LookupError, ValueError):  # an unknown character set
        return str(part.get_payload())
