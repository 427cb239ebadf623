from typing import Any

from gunicorn.glogging import Logger

from portal.log_masking import Masked


class MaskedLogger(Logger):
    """Masks what gunicorn itself says: its errors, and its access log if that is turned on."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            for handler in logger.handlers:
                handler.addFilter(Masked())
