"""The catalogue that admins keep, because the API does not list products, gateways and module commands."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models.one_line import OneLineField
from ultahost_api.models.prepared import Prepared
from ultahost_api.models.services import ServiceQuerySet

_PREPARED = Prepared(most=1)


class Product(models.Model):
    """Something that can be ordered or upgraded to."""

    class Kind(models.TextChoices):
        SERVICE = "service", _("Service")
        ADDON = "addon", _("Addon")

    class Cycle(models.TextChoices):
        """As create_order takes them."""

        MONTHLY = "monthly", _("Monthly")
        QUARTERLY = "quarterly", _("Quarterly")
        SEMIANNUALLY = "semiannually", _("Semi-annually")
        ANNUALLY = "annually", _("Annually")
        BIENNIALLY = "biennially", _("Biennially")
        TRIENNIALLY = "triennially", _("Triennially")
        ONE_TIME = "onetime", _("One time")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    remote_id = models.PositiveIntegerField(_("product id at Ultahost"))
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SERVICE)
    cycles = models.JSONField(_("billing cycles"), default=list)
    # The API does not say which products take these.
    takes_quantity = models.BooleanField(_("several can be ordered at once"), default=False, db_default=False)
    takes_addons = models.BooleanField(_("addons can be ordered with it"), default=False, db_default=False)
    takes_nameservers = models.BooleanField(
        _("nameservers can be named for its domain"), default=False, db_default=False
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["kind", "remote_id"], name="one_product_per_id")]

    def __str__(self) -> str:
        return self.name


class ServiceCommand(models.Model):
    """A module command that people may run on a service; the API does not list them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(_("name at Ultahost"), max_length=60, unique=True)
    words = OneLineField(_("what the button says"), max_length=60)
    dangerous = models.BooleanField(_("interrupts the service"), default=False)
    # Names as services have them; empty: services of every product
    products = models.JSONField(
        _("products"), default=list, db_default=models.Value([], models.JSONField()), blank=True
    )

    class Meta:
        ordering = ["words"]

    def __str__(self) -> str:
        return self.words

    def is_for(self, product_name: str) -> bool:
        return not self.products or product_name in self.products

    def among(self, services: ServiceQuerySet) -> ServiceQuerySet:
        """Those that have it."""
        return services.filter(product_name__in=self.products) if self.products else services


class Gateway(models.Model):
    """A way to pay that orders may name, besides those seen on the account's invoices."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(_("name at Ultahost"), max_length=60, unique=True)
    words = OneLineField(_("name"), max_length=60)

    class Meta:
        ordering = ["words"]

    def __str__(self) -> str:
        return self.words


class Switches(models.Model):
    """Options that an admin turns on; all are off by default. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    cards = models.BooleanField(_("card numbers may be entered"), default=False)
    second_factor = models.BooleanField(_("two-factor sign-in is required"), default=False)

    @classmethod
    def current(cls) -> "Switches":
        return next(iter(_PREPARED.rows(cls, "switches", cls.objects.all)), None) or cls()
