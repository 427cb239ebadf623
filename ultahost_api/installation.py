"""A database is a copy of one Ultahost and belongs to its keys, and remembers which they are."""

from typing import NamedTuple

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from ultahost_api import conf
from ultahost_api.crypto import digests, sealed_columns, sealing
from ultahost_api.models import ApiKey, Installation
from ultahost_api.models.api_keys import fingerprint

_KNOWN = "installation"  # what is sealed and digested to tell the keys by


class WrongDatabase(Exception):
    """The database was not made with these settings. One sentence, which names the setting."""


class OtherApi(WrongDatabase):
    """The database holds the copy of another API than the settings name."""

    def __init__(self, known: str, set_now: str) -> None:
        super().__init__(f"This database is a copy of {known}, but ULTAHOST['API_URL'] is {set_now}.")
        self.known, self.set_now = known, set_now


class OtherKeys(WrongDatabase):
    """The database was sealed, or its digests were made, with another key than the settings hold."""


class OtherSealingKeys(OtherKeys):
    def __init__(self) -> None:
        super().__init__("ULTAHOST['SEALING_KEYS'] holds no key that opens what this database has sealed.")


class OtherHmacKey(OtherKeys):
    def __init__(self) -> None:
        super().__init__("ULTAHOST['HMAC_KEY'] is not the key that this database's digests were made with.")


class OtherVersion(WrongDatabase):
    """The database is empty, or of an older version."""

    def __init__(self) -> None:
        super().__init__("This database does not have the tables of this version: migrate it.")


class DatabaseFails(Exception):
    """What the database said, in one sentence; ``error`` is what it raised, be it without a word."""

    def __init__(self, error: Exception) -> None:
        said = str(error).strip() or type(error).__name__
        super().__init__(f"The database does not work: {said.splitlines()[0]}.")
        self.error = error


class KeyChecks(NamedTuple):
    """Values that tell whether keys are the right ones, and nothing of the keys. Empty: not known."""

    sealing: str = ""
    hmac: str = ""

    @property
    def opens(self) -> bool:
        return sealing.opens(self.sealing, _KNOWN)

    @property
    def digests(self) -> bool:
        return self.hmac == _digest()


def remember_api_url(*, allow_new: bool = False) -> None:
    """Note on first use which API this database copies; OtherApi, in one sentence, when it is another now."""
    url = conf.api_url()
    installation, _ = Installation.objects.get_or_create(defaults={"api_url": url})
    try:
        _refuse_other_api(installation)
    except OtherApi:
        if not allow_new:
            raise
        Installation.objects.update(api_url=url)


def remember_keys(*, allow_new: bool = False) -> None:
    """Note beside the API which keys go with this database; OtherKeys when they are not those it knows."""
    if not allow_new:
        check_keys()
    checks = remembered_keys()
    if not checks.opens:
        seal_check()
    if not checks.digests:
        Installation.objects.update(hmac_check=_digest())


def check() -> None:
    """WrongDatabase when this process must not work on it. Changes nothing."""
    if (installation := _installation()) is not None:
        _refuse_other_api(installation)
    check_keys()


def check_version() -> None:
    """OtherVersion unless all migrations were applied."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise OtherVersion


def check_keys() -> None:
    """OtherKeys, in one sentence, unless the keys are those of this database. Changes nothing.

    A database that remembers none, of an older version, is asked for a sealed value that opens.
    """
    checks = remembered_keys()
    if not (checks.opens if checks.sealing else _anything_opens()):
        raise OtherSealingKeys
    if not (checks.digests if checks.hmac else _a_fingerprint_matches()):
        raise OtherHmacKey


def remembered_keys() -> KeyChecks:
    installation = _installation()
    return KeyChecks(installation.sealing_check, installation.hmac_check) if installation else KeyChecks()


def seal_check() -> None:
    """Seal the check again with the first key, which alone opens the database from then on."""
    Installation.objects.update(sealing_check=sealing.seal_text(_KNOWN, _KNOWN))


def _refuse_other_api(installation: Installation) -> None:
    if installation.api_url != conf.api_url():
        raise OtherApi(installation.api_url, conf.api_url())


def _installation() -> Installation | None:
    """None in a database that is empty, or of a version that did not remember its keys."""
    table = Installation._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return None
        columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    remembers = Installation.objects.only("api_url", "sealing_check", "hmac_check")
    return remembers.first() if "sealing_check" in columns else None


def _anything_opens() -> bool:
    """Also where nothing is sealed."""
    nothing = True
    for value in sealed_columns.values(connection.introspection.table_names()):
        if sealing.opens(*value):
            return True
        nothing = False
    return nothing


def _a_fingerprint_matches() -> bool:
    """Of the first API key that opens; also where there is none."""
    if ApiKey._meta.db_table not in connection.introspection.table_names():
        return True
    for key in ApiKey.objects.exclude(sealed="").only("id", "sealed", "fingerprint"):
        try:
            return key.fingerprint == fingerprint(sealed_columns.unseal(key, "sealed"))
        except sealing.CannotUnseal:
            continue
    return True


def _digest() -> str:
    return digests.keyed_digest(_KNOWN, _KNOWN)
