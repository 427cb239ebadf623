"""The library's errors in the portal's words, with the portal's settings and options."""

from django.conf import settings
from django.db import connection

from portal.running.troubles import Trouble, trouble_of
from portal.wording import reasons
from ultahost_api.installation import DatabaseFails, OtherApi, OtherHmacKey, OtherSealingKeys, OtherVersion
from ultahost_api.operations import NotAllowedNow

_IF_LOST = "set the one that it was made with, or, if that is lost for good, start once with --allow-new-keys"


def words(error: Exception) -> str:
    if isinstance(error, OtherApi):
        return (
            f"This database is a copy of {error.known}, but ULTAHOST_API_URL is {error.set_now}:"
            " name another PORTAL_DATA_DIR or DATABASE_URL, or start once with --allow-new-api."
        )
    if isinstance(error, OtherSealingKeys):
        return f"PORTAL_SEALING_KEYS holds no key that opens what this database has sealed: {_IF_LOST}."
    if isinstance(error, OtherHmacKey):
        return f"PORTAL_HMAC_KEY is not the key that this database's digests were made with: {_IF_LOST}."
    if isinstance(error, OtherVersion):
        return (
            f"The database {connection.settings_dict['NAME']} is empty or of an older version: start the"
            " portal on it once (portal_up), or name another PORTAL_DATA_DIR or DATABASE_URL."
        )
    if isinstance(error, DatabaseFails) and trouble_of(error.error) == Trouble.FULL:
        of = "the database's server" if connection.vendor == "postgresql" else settings.PORTAL_DATA_DIR
        return f"The disk of {of} is full: free some space, and try again."
    return reasons.not_allowed(error) if isinstance(error, NotAllowedNow) else str(error)
