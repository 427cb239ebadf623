"""The last net under the rule that no secret reaches a log: what looks like a key is masked."""

import logging
import re

_KEY = re.compile(r"sk_[A-Za-z0-9_]{4,}")


class Masked(logging.Filter):
    """Masks API keys in the finished line, its arguments and its traceback alike."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _KEY.sub("sk_…", record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = _KEY.sub("sk_…", record.exc_text)
        return True
