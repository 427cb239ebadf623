"""The demo's team: people with keys to the sandbox's accounts."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from portal.models import Gateway, Product, Role, ServiceCommand, User
from ultahost_api import keys
from ultahost_api.models import ApiKey
from ultahost_api.sandbox.catalogue import CYCLES, PRODUCTS
from ultahost_api.sandbox.team import DEMO_KEYS

PASSWORD = "one portal for all"  # noqa: S105  # on loopback, against a sandbox


class Login(NamedTuple):
    role: str
    email: str
    password: str
    note: str


class _Person(NamedTuple):
    name: str
    role: Role
    note: str


def _team() -> dict[str, _Person]:
    return {
        "dana": _Person("Dana Whitfield", Role.ADMIN, _("manages people and keys")),
        "alma": _Person("Alma Lindqvist", Role.MEMBER, _("holds a key to the first account")),
        "ben": _Person(
            "Ben Okafor", Role.MEMBER, _("holds a key to the second account, in another currency")
        ),
        "carla": _Person("Carla Núñez", Role.MEMBER, _("holds a second key to Alma's account")),
        "emil": _Person("Emil Sørensen", Role.BILLING, _("reads all invoices")),
    }


def fill() -> list[Login]:
    """Make the people and rows that are missing. Existing ones stay as they are."""
    _fill_catalogue()
    return [_login(name, person) for name, person in _team().items()]


def _fill_catalogue() -> None:
    """Entries that the API does not list. If an admin has changed one, nothing is added."""
    if Product.objects.exists() or ServiceCommand.objects.exists() or Gateway.objects.exists():
        return
    cycles = [str(cycle) for cycle in Product.Cycle if cycle in CYCLES]
    Product.objects.bulk_create(
        Product(remote_id=number, name=name, cycles=cycles) for number, (name, _price) in PRODUCTS.items()
    )
    Gateway.objects.create(name="stripe", words=_("Card"))
    Gateway.objects.create(name="banktransfer", words=_("Bank transfer"))
    ServiceCommand.objects.create(name="start", words=_("Start"))
    ServiceCommand.objects.create(name="stop", words=_("Stop"), dangerous=True)
    ServiceCommand.objects.create(name="reboot", words=_("Reboot"), dangerous=True)


def _login(name: str, person: _Person) -> Login:
    email = f"{name}@example.com"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, PASSWORD, name=person.name, role=person.role)
    if name in DEMO_KEYS and not ApiKey.objects.filter(owner=user).exists():
        keys.add(user, _("Main"), DEMO_KEYS[name])
    return Login(str(person.role.label), email, PASSWORD, person.note)
