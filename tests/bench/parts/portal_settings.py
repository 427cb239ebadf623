"""The portal's own, with a limit of share links that a benchmark does not reach."""

from portal.settings import *  # noqa: F403
from portal.settings import ACCOUNT_RATE_LIMITS

ACCOUNT_RATE_LIMITS = ACCOUNT_RATE_LIMITS | {"share_link": "1000/s/ip"}
