"""Every write of the portal: its confirmation page, one operation, and the redirect to the result.

A view describes the write and gets the response::

    page = WritePage(request, account, PayInvoice, title=…, verb=…, back=…, facts=[…])
    return page.respond(PayForm, lambda form: PayInvoice(invoice.remote_id))
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from portal import access, http
from portal.live_reads.slots import Busy, provider_call
from portal.operations import acting_key
from portal.operations.form import WriteForm
from portal.operations.password import asks_password
from portal.pages import marks
from portal.pages.confirmation import Confirmation
from portal.queries.deeds import Deeds
from portal.sign_in import reauthentication
from portal.wording import formats
from portal.wording.reasons import is_of_another, not_allowed, quoted, said
from ultahost_api import operations
from ultahost_api.client.core.write import Write
from ultahost_api.models import Account, ApiKey, Operation
from ultahost_api.operations import NeedsConfirmation, NotAllowedNow, TwinPending, WriteRequest

State = Operation.State


@dataclass(slots=True)
class WritePage:
    """One write as a person sees it. ``facts`` are (label, value) pairs of the confirmation."""

    request: http.Request
    account: Account
    write: type[Write]
    title: str
    verb: str
    back: str
    text: str = ""
    facts: Sequence[tuple[Any, Any]] = ()
    warning: str = ""
    danger: bool = False
    done: str = ""  # address after it is done; by default ``back``
    template: str = "components/confirm_page.html"
    extra: Mapping[str, Any] = field(default_factory=dict)
    own_key_only: bool = False
    asks_again: bool = False  # for the password, even if other writes of this action do not
    currency: str = ""  # of ``agreed``; by default the account's
    priced: bool = False  # it costs ``agreed``; without a known total it cannot be sent
    agreed: Decimal | None = None  # the total that the page shows
    closed: str = ""  # why it cannot be sent now; then the page has no button
    on_done: Callable[[Operation], SafeString | None] | None = None  # returns other words than the deed's

    @sensitive_variables()
    def respond(
        self,
        form_class: type[WriteForm],
        make: Callable[[Any], Write],
        **form_arguments: Any,
    ) -> HttpResponse:
        """GET shows what will happen. POST sends it once and redirects to the result."""
        # With its token, so that it stays the same operation; what the page names, the page names anew
        typed = reauthentication.as_initial(
            self.request.POST, {*form_class.secrets, "again", "agreed", "key"}
        )
        needed = not self.closed and (self.asks_again or asks_password(self.write))
        if way := reauthentication.ask_first(self.request, typed=typed, purpose=self._purpose, needed=needed):
            return way
        key = self._key()
        if self.request.method != "POST":
            initial = {**form_arguments.pop("initial", {}), "form_token": uuid4()}
            initial |= reauthentication.typed_before(self.request)
            return self._page(form_class(initial=initial, **form_arguments), key)
        form = form_class(self.request.POST, **form_arguments)
        if not form.is_valid():
            return self._page(form, key)
        if known := operations.sent_by(self.request.user, form.cleaned_data["form_token"]):
            return self._follow(form, key, known)
        if self.closed:
            return self._refuse(form, key, _("%(reason)s Nothing was sent.") % {"reason": self.closed})
        try:
            key = acting_key.as_named(self.request.user, self.account, form.cleaned_data["key"], key)
        except acting_key.OtherKey as words:
            return self._refuse(form, key, str(words))
        if self.priced and form.cleaned_data["agreed"] is None:
            return self._refuse(form, key, _("This page showed no total. Nothing was sent."))
        return self._send(form, key, make(form))

    @property
    def _purpose(self) -> str:
        """``Pay invoice 347, €19.99``."""
        title = self.title.rstrip("?¿ ")
        if self.agreed is None:
            return title
        return _("%(act)s, %(sum)s") % {
            "act": title,
            "sum": formats.money(self.agreed, self.currency or self.account.currency),
        }

    def _key(self) -> ApiKey | None:
        if self.own_key_only:
            return access.own_key(self.request.user, self.account)
        return access.key_to_write_with(self.request.user, self.account)

    def _send(self, form: WriteForm, key: ApiKey, write: Write) -> HttpResponse:
        token, agreed = form.cleaned_data["form_token"], form.cleaned_data["agreed"]
        wanted = WriteRequest(self.request.user, key, write, token, agreed_total=agreed)
        try:
            with provider_call():
                operation = operations.perform(wanted, over=form.cleaned_data["again"])
        except Busy:
            return self._refuse(form, key, _("The portal is busy. Nothing was sent; try again."))
        except NotAllowedNow as error:
            words = _("%(reason)s Nothing was sent.") % {"reason": not_allowed(error)}
            return self._refuse(form, key, words)
        except TwinPending as twin:
            words = _("An identical request is in progress. Nothing was sent.")
            return self._refuse(form, key, self._linked(words, twin.operation))
        except NeedsConfirmation as before:
            words = _("An identical request was sent earlier; its result is unknown. Nothing was sent now.")
            for operation in before.operations:
                words = self._linked(words, operation)
            return self._refuse(form, key, words, over=before.operations)
        return self._follow(form, key, operation)

    def _follow(self, form: WriteForm, key: ApiKey | None, operation: Operation) -> HttpResponse:
        if operation.took_effect:
            told = self.on_done(operation) if self.on_done else None
            deeds = Deeds(self.request.user, [operation])
            subject = deeds.subject(operation)
            result = reverse("operation", args=[operation.pk])
            marks.done(self.request, told or deeds.words(operation), result, subject.url if subject else "")
            return http.SeeOther(self.done or self.back)
        if operation.state == State.REFUSED:
            words = _("Ultahost refused this. %(reason)s Nothing was changed.") % {"reason": said(operation)}
            if theirs := quoted(operation):
                words = _("Ultahost refused: “%(words)s” Nothing was changed.") % {"words": theirs}
            elif is_of_another(operation):
                words = _("%(reason)s Nothing was changed.") % {"reason": said(operation)}
            return self._refuse(form, key, words, was_sent=True)
        if operation.state == State.NOT_SENT:
            words = _("It was not sent, so nothing was changed: %(words)s")
            return self._refuse(form, key, words % {"words": said(operation)}, was_sent=True)
        return http.SeeOther(reverse("operation", args=[operation.pk]))

    def _refuse(
        self,
        form: WriteForm,
        key: ApiKey | None,
        words: str,
        *,
        over: Sequence[Operation] = (),
        was_sent: bool = False,
    ) -> HttpResponse:
        form.add_error(None, words)
        form.renew(over=over, was_sent=was_sent)
        return self._page(form, key)

    def _page(self, form: WriteForm, key: ApiKey | None) -> HttpResponse:
        form.carry(key=key and key.pk, agreed=self.agreed)
        confirmation = Confirmation(
            title=self.title,
            text="" if self.closed else self.text,
            facts=[
                (_("Account"), self.account),
                *self.facts,
                (_("Key"), acting_key.whose(self.request.user, key)),
            ],
            warning=self.warning or ("" if form.is_bound else self.closed),
            form=form,
            verb="" if self.closed or (self.priced and self.agreed is None) else self.verb,
            back=self.back,
            danger=self.danger,
        )
        return confirmation.page(self.request, template=self.template, **self.extra)

    def _linked(self, words: str, operation: Operation) -> str:
        """Names the sender of another person's operation, because this person cannot open its page."""
        if not access.operations_to_view(self.request.user).contains(operation):
            told = _("%(words)s It was sent by %(who)s.") % {"words": "{words}", "who": "{who}"}
            return format_html(told, words=words, who=operation.user)
        url = reverse("operation", args=[operation.pk])
        return format_html('{} <a href="{}">{}</a>', words, url, _("View result"))
