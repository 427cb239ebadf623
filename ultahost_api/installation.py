"""A database is a copy of one Ultahost, and remembers of which."""

from ultahost_api import conf
from ultahost_api.models import Installation


class OtherApi(Exception):
    """The database holds the copy of another API than the settings name."""


def remember_api_url(*, allow_new: bool = False) -> None:
    """Note on first use which API this database copies; OtherApi, in one sentence, when it is another now."""
    url = conf.api_url()
    installation, _ = Installation.objects.get_or_create(defaults={"api_url": url})
    if installation.api_url == url:
        return
    if not allow_new:
        raise OtherApi(
            f"This database is a copy of {installation.api_url}, but ULTAHOST_API_URL is {url}:"
            " name another PORTAL_DATA_DIR or DATABASE_URL, or start once with --allow-new-api."
        )
    installation.api_url = url
    installation.save()
