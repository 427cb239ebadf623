from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from ultahost_api.client.core.loopback import is_private


def check_settings(**_: Any) -> list[CheckMessage]:
    """What a project must have set before the first key can be sealed."""
    ultahost = getattr(settings, "ULTAHOST", {})
    missing = [name for name in ("API_URL", "SEALING_KEYS", "HMAC_KEY") if not ultahost.get(name)]
    if missing:
        return [Error(f"ULTAHOST lacks {', '.join(missing)}.", id="ultahost_api.E001")]
    problems: list[CheckMessage] = []
    if not all(isinstance(key, bytes) and len(key) == 32 for key in ultahost["SEALING_KEYS"]):
        problems.append(
            Error("ULTAHOST['SEALING_KEYS'] must be a list of 32 bytes each.", id="ultahost_api.E002")
        )
    if not is_private(urlsplit(ultahost["API_URL"])):
        problems.append(Error("ULTAHOST['API_URL'] must be https.", id="ultahost_api.E003"))
    if not isinstance(ultahost["HMAC_KEY"], bytes):
        problems.append(Error("ULTAHOST['HMAC_KEY'] must be bytes.", id="ultahost_api.E004"))
    return problems
