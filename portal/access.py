"""The only place that turns a user into accounts, and a user and an id into an object.

What somebody may not see is a 404, as if it were not there. docs/access.md has the table of rights.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from portal.models import AccountPolicy, AuditEntry, Grant, Invitation, Role, ShareLink, User
from portal.models.audit import AuditEntryQuerySet
from portal.models.share_links import ShareLinkQuerySet
from ultahost_api.models import (
    Account,
    ApiKey,
    Domain,
    Email,
    Event,
    Invoice,
    Noun,
    Operation,
    Order,
    Quote,
    Refresh,
    Service,
)
from ultahost_api.models.api_keys import ApiKeyQuerySet
from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.domains import DomainQuerySet
from ultahost_api.models.events import EventQuerySet
from ultahost_api.models.invoices import InvoiceQuerySet
from ultahost_api.models.operations import OperationQuerySet
from ultahost_api.models.quotes import QuoteQuerySet
from ultahost_api.models.services import ServiceQuerySet

View = Callable[..., HttpResponseBase]


def accounts_to_view(user: User) -> QuerySet[Account]:
    """Services, domains and the other nouns: owners of a live key, holders of a grant, admins."""
    if user.is_admin:
        return Account.objects.all()
    if not user.is_active or user.role == Role.BILLING:
        return Account.objects.none()
    return Account.objects.filter(_holds_key(user, ApiKey.objects.live()) | _holds_grant(user))


def accounts_to_operate(user: User) -> QuerySet[Account]:
    """Writes: owners of a key that Ultahost takes, operate grants, admins.

    A billing user's grant is for paying alone.
    """
    if user.is_admin:
        return Account.objects.all()
    if not user.is_active or user.role == Role.BILLING:
        return Account.objects.none()
    usable = _holds_key(user, ApiKey.objects.usable())
    return Account.objects.filter(usable | _holds_grant(user, Grant.Level.OPERATE))


def accounts_with_invoices(user: User) -> QuerySet[Account]:
    """The shared invoice view: everybody reads every account that is not private."""
    if not user.is_active:
        return Account.objects.none()
    if user.role in {Role.ADMIN, Role.BILLING}:
        return Account.objects.all()
    return Account.objects.filter(~_is_private() | Q(pk__in=accounts_to_view(user)))


def _is_private() -> Exists:
    return Exists(AccountPolicy.objects.filter(account=OuterRef("pk"), private=True))


def _holds_key(user: User, keys: ApiKeyQuerySet) -> Q:
    return Q(Exists(keys.filter(owner=user, account=OuterRef("pk"))))


def _holds_grant(user: User, level: str | None = None) -> Q:
    grants = Grant.objects.filter(user=user, account=OuterRef("pk"))
    return Q(Exists(grants.filter(level=level) if level else grants))


def accounts_to_pay(user: User) -> QuerySet[Account]:
    """Paying and payment methods: whoever operates, and billing users with an operate grant."""
    if user.role == Role.BILLING and user.is_active:
        return Account.objects.filter(_holds_grant(user, Grant.Level.OPERATE))
    return accounts_to_operate(user)


def accounts_of_own_keys(user: User) -> QuerySet[Account]:
    """The provider's own login: only with a key of one's own, whatever else one may do."""
    if not user.is_active:
        return Account.objects.none()
    return Account.objects.filter(_holds_key(user, ApiKey.objects.usable()))


def accounts_without(person: User) -> QuerySet[Account]:
    """Those that nobody else of the team has a key to: once the person has left, nobody opens them."""
    others = ApiKey.objects.live().filter(account=OuterRef("pk"), owner__is_active=True).exclude(owner=person)
    return Account.objects.filter(_holds_key(person, ApiKey.objects.present()), ~Exists(others))


def account_among(accounts: QuerySet[Account], account_id: UUID) -> Account:
    return get_object_or_404(accounts, pk=account_id)


def key_to_write_with(user: User, account: Account) -> ApiKey | None:
    """A writer's own key, else the account's oldest: the caller has made sure that they may write."""
    usable = ApiKey.objects.usable().filter(account=account).select_related("owner", "account")
    return usable.filter(owner=user).first() or usable.first()


def own_key(user: User, account: Account) -> ApiKey | None:
    return ApiKey.objects.usable().filter(account=account, owner=user).select_related("account").first()


def operations_to_view(user: User) -> OperationQuerySet:
    """A person's own activity; an admin's view over everyone."""
    operations = Operation.objects.select_related("user", "account", "key", "settled_by", "withdrawn_by")
    return operations if user.is_admin else operations.filter(user=user)


def operation_to_view(user: User, operation_id: UUID) -> Operation:
    return get_object_or_404(operations_to_view(user), pk=operation_id)


def payments_to_view(user: User, batch: UUID) -> OperationQuerySet:
    """Those that were confirmed together, in the order in which they are sent."""
    return operations_to_view(user).filter(batch=batch).order_by("place")


def operations_about(user: User, row: Cached) -> OperationQuerySet:
    """Who sent what about a row: for those who have to do with its account. Others see their own."""
    operations = Operation.objects.about(row).select_related("user")
    involved = accounts_to_view(user) | accounts_to_pay(user)
    return operations if involved.filter(pk=row.account_id).exists() else operations.filter(user=user)


def operation_to_settle(user: User, operation_id: UUID) -> Operation:
    """Settling changes what our copy says: only for those who still have to do with the account."""
    operation = operation_to_view(user, operation_id)
    account_among(accounts_to_view(user) | accounts_to_pay(user), operation.account_id)
    return operation


def service_to_operate(user: User, service_id: UUID) -> Service:
    services = Service.objects.of(accounts_to_operate(user)).select_related("account")
    return get_object_or_404(services, pk=service_id)


def domain_to_operate(user: User, domain_id: UUID) -> Domain:
    domains = Domain.objects.of(accounts_to_operate(user)).select_related("account")
    return get_object_or_404(domains, pk=domain_id)


def owners_of(account: Account) -> QuerySet[User]:
    """Active users with a live key to it."""
    keys = ApiKey.objects.live().filter(account=account)
    return User.objects.filter(is_active=True, pk__in=keys.values("owner"))


def may_operate(user: User, row: Service | Domain) -> bool:
    """Whether a page offers the writes on what it shows."""
    return not row.is_gone and accounts_to_operate(user).filter(pk=row.account_id).exists()


def invoices_to_pay(user: User) -> InvoiceQuerySet:
    return Invoice.objects.of(accounts_to_pay(user)).select_related("account")


def invoice_to_pay(user: User, invoice_id: UUID) -> Invoice:
    return get_object_or_404(invoices_to_pay(user), pk=invoice_id)


def services_to_view(user: User) -> ServiceQuerySet:
    return Service.objects.of(accounts_to_view(user)).select_related("account")


def service_to_view(user: User, service_id: UUID) -> Service:
    return get_object_or_404(services_to_view(user), pk=service_id)


def domains_to_view(user: User) -> DomainQuerySet:
    return Domain.objects.of(accounts_to_view(user)).select_related("account")


def domain_to_view(user: User, domain_id: UUID) -> Domain:
    return get_object_or_404(domains_to_view(user), pk=domain_id)


def invoices_to_view(user: User) -> InvoiceQuerySet:
    return Invoice.objects.of(accounts_with_invoices(user)).select_related("account")


def invoice_to_view(user: User, invoice_id: UUID) -> Invoice:
    return get_object_or_404(invoices_to_view(user), pk=invoice_id)


def orders_to_view(user: User) -> CachedQuerySet[Order]:
    return Order.objects.of(accounts_to_view(user)).select_related("account")


def quotes_to_view(user: User) -> QuoteQuerySet:
    return Quote.objects.of(accounts_to_view(user)).select_related("account")


def emails_to_view(user: User) -> CachedQuerySet[Email]:
    """Their subjects; a body is for those who operate the account."""
    return Email.objects.of(accounts_to_view(user)).select_related("account")


def events_to_view(user: User) -> EventQuerySet:
    """Whoever sees a row sees what became of it."""
    of_invoices = Q(noun=Noun.INVOICES, account__in=accounts_with_invoices(user))
    of_others = ~Q(noun=Noun.INVOICES) & Q(account__in=accounts_to_view(user))
    return Event.objects.filter(of_invoices | of_others).select_related("account")


def keys_to_manage(user: User) -> ApiKeyQuerySet:
    """A member's own; an admin's over everyone. A billing user holds none."""
    keys = ApiKey.objects.present().select_related("owner", "account", "rate_window")
    if user.is_admin:
        return keys
    return keys.filter(owner=user) if user.is_active and user.may_hold_keys else keys.none()


def key_to_manage(user: User, key_id: UUID) -> ApiKey:
    return get_object_or_404(keys_to_manage(user), pk=key_id)


def stopped_refreshes(user: User) -> QuerySet[Refresh]:
    """What no longer comes through, for those who look after the account's keys."""
    accounts = keys_to_manage(user).exclude(account=None).values("account")
    return Refresh.objects.filter(account__in=accounts).exclude(broken_at=None).select_related("account")


def people_to_manage(user: User) -> QuerySet[User]:
    return User.objects.all() if user.is_admin else User.objects.none()


def person_to_manage(user: User, person_id: UUID) -> User:
    return get_object_or_404(people_to_manage(user), pk=person_id)


def audit_to_read(user: User) -> AuditEntryQuerySet:
    return AuditEntry.objects.all() if user.is_admin else AuditEntry.objects.none()


def share_links_to_manage(user: User) -> ShareLinkQuerySet:
    links = ShareLink.objects.select_related("made_by", "revoked_by")
    return links if user.is_admin else links.none()


def share_link_to_manage(user: User, link_id: UUID) -> ShareLink:
    return get_object_or_404(share_links_to_manage(user), pk=link_id)


def share_link_opened_by(link_id: UUID, secret: str) -> ShareLink | None:
    link = ShareLink.objects.live().filter(pk=link_id).first()
    return link if link and link.opens_with(secret) else None


def share_link_held(link_id: UUID, ticket: str) -> ShareLink:
    """For a browser that opened the link before."""
    link = get_object_or_404(ShareLink.objects.live(), pk=link_id)
    if not link.admits(ticket):
        raise Http404
    return link


def accounts_shared(link: ShareLink) -> QuerySet[Account]:
    """Every one that is not private now, or those that were named."""
    if link.every_account:
        return Account.objects.filter(~_is_private())
    return Account.objects.filter(pk__in=link.accounts.all())


def invoices_shared(link: ShareLink) -> InvoiceQuerySet:
    """The newest first."""
    scope: dict[str, Any] = {"status__in": link.statuses, "date__gte": link.since, "date__lte": link.until}
    invoices = Invoice.objects.of(accounts_shared(link)).present().select_related("account")
    wanted = {name: value for name, value in scope.items() if value}
    return invoices.filter(**wanted).order_by(F("date").desc(nulls_last=True), "-remote_id", "pk")


def invitation_to_manage(user: User, invitation_id: UUID) -> Invitation:
    """An open one: what was accepted or revoked is no invitation any more."""
    invitations = Invitation.objects.open() if user.is_admin else Invitation.objects.none()
    return get_object_or_404(invitations, pk=invitation_id)


def admin_only(view: View) -> View:
    return _only_when(lambda user: user.is_admin)(view)


def key_holders_only(view: View) -> View:
    return _only_when(lambda user: user.may_hold_keys)(view)


def _only_when(allowed: Callable[[Any], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not allowed(request.user):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate
