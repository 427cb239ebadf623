"""Untrusted text for a plain mail: one line, of which no mail program makes a link."""

import re
import unicodedata

_LONGEST = 120
_JOINER = "\u2060"  # invisible; ends an address for mail programs
_ADDRESS = re.compile(r"(?<=\S)([.:/@\u3002\uff0e\uff61])(?=\S)")


def plain(value: object) -> str:
    """Without line ends, control and direction marks, which could deceive a header parser or a reader."""
    line = " ".join(str(value).split())
    visible = "".join(c for c in line if unicodedata.category(c)[0] != "C")
    if len(visible) > _LONGEST:
        visible = f"{visible[: _LONGEST - 1]}…"
    return _ADDRESS.sub(rf"\1{_JOINER}", visible)
