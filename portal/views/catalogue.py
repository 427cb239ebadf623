"""The catalogue of products, gateways and commands, which the API does not list."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from portal import access, http
from portal.acts import catalogue as acts
from portal.acts.shared_rows import saved
from portal.forms.catalogue import GatewayForm, ProductForm, ServiceCommandForm
from portal.models import Gateway, Product, ServiceCommand, Switches
from portal.pages import marks
from portal.pages.confirmation import Confirmation
from portal.queries.seen_products import seen_products


@dataclass(frozen=True, slots=True)
class Part:
    """One of the lists that an admin keeps."""

    name: str
    model: type[Model]
    form: type[forms.ModelForm]
    title: Promise
    text: Promise
    adding: Promise
    known_as: Promise  # the heading over what Ultahost calls an entry
    aside: Promise | str = ""  # the one over what else is said of it

    @property
    def entries(self) -> Any:
        return self.model._default_manager.all()


PARTS = {
    part.name: part
    for part in (
        Part(
            "products",
            Product,
            ProductForm,
            gettext_lazy("Products"),
            gettext_lazy("Products your team can order or upgrade to by name."),
            gettext_lazy("Add a product"),
            known_as=gettext_lazy("Product ID"),
            aside=gettext_lazy("Kind"),
        ),
        Part(
            "gateways",
            Gateway,
            GatewayForm,
            gettext_lazy("Payment gateways"),
            gettext_lazy("Payment methods for orders, in addition to those on the account's invoices."),
            gettext_lazy("Add a gateway"),
            known_as=gettext_lazy("Name at Ultahost"),
        ),
        Part(
            "commands",
            ServiceCommand,
            ServiceCommandForm,
            gettext_lazy("Service commands"),
            gettext_lazy("Buttons beside every service, such as a reboot."),
            gettext_lazy("Add a command"),
            known_as=gettext_lazy("Name at Ultahost"),
            aside=gettext_lazy("Effect"),
        ),
    )
}


@access.admin_only
@require_safe
def catalogue(request: http.Request) -> HttpResponse:
    context = {"parts": PARTS.values(), "cards": Switches.current().cards, "seen": seen_products()}
    return http.page(request, "catalogue/list.html", context)


@access.admin_only
@http.require_safe_or_post
def add_entry(request: http.Request, part: str) -> HttpResponse:
    return _save(request, _part(part), None)


@access.admin_only
@http.require_safe_or_post
def edit_entry(request: http.Request, part: str, entry_id: UUID) -> HttpResponse:
    return _save(request, _part(part), _entry(part, entry_id))


@access.admin_only
@http.require_safe_or_post
def delete_entry(request: http.Request, part: str, entry_id: UUID) -> HttpResponse:
    entry = _entry(part, entry_id)
    if request.method == "POST":
        acts.delete(request.user, entry)
        messages.success(request, _("“%(entry)s” was deleted.") % {"entry": entry})
        return http.SeeOther(reverse("catalogue"))
    return Confirmation(
        title=_("Delete “%(entry)s”?") % {"entry": entry},
        text=_("It is no longer offered. Nothing changes at Ultahost."),
        verb=_("Delete it"),
        back=reverse("edit_entry", args=[part, entry_id]),
        danger=True,
    ).page(request)


@access.admin_only
@http.require_safe_or_post
def switch_cards(request: http.Request) -> HttpResponse:
    """Allow or forbid card numbers. The page explains PCI DSS, because allowing them is a decision."""
    if request.method == "POST":
        acts.switch_cards(request.user, request.POST.get("cards") == "on")
        return http.SeeOther(reverse("catalogue"))
    return http.page(request, "catalogue/cards.html", {"cards": Switches.current().cards})


def _save(request: http.Request, part: Part, entry: Model | None) -> HttpResponse:
    suggested = {name: values if name == "cycles" else values[0] for name, values in request.GET.lists()}

    def form_of(entry: Model | None) -> forms.ModelForm:
        return part.form(http.posted(request), instance=entry, initial={} if entry else suggested)

    if request.method != "POST":
        form = form_of(entry)
    elif (form := saved(entry, form_of, partial(acts.save, request.user))).is_valid():
        there = reverse("edit_entry", args=[part.name, form.instance.pk])
        marks.done(request, _("“%(entry)s” was saved.") % {"entry": form.instance}, there)
        return http.SeeOther(reverse("catalogue"))
    return http.form_page(request, "catalogue/entry.html", form, {"part": part, "entry": entry})


def _part(name: str) -> Part:
    if name not in PARTS:
        raise Http404
    return PARTS[name]


def _entry(part: str, entry_id: UUID) -> Model:
    entry: Model = get_object_or_404(_part(part).model, pk=entry_id)
    return entry
