"""The demo team: three accounts with three years of history, always as of today.

The same on every start but for the dates, which keep their distance from today.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ultahost_api.sandbox import team_words as words
from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.rows import NO_DATE, day, moment, today
from ultahost_api.sandbox.state import State
from ultahost_api.sandbox.team_bills import Bill, write_invoices

# Public on purpose: they open nothing but this sandbox. Alma and Carla hold keys to one account.
DEMO_KEYS = {
    "alma": "sk_test_demo_alma_7c1f0b9e4d2a",
    "ben": "sk_test_demo_ben_3e8a5d60c9b4",
    "carla": "sk_test_demo_carla_91d4e7f2a6b0",
    "dana": "sk_test_demo_dana_f05b8c3d7e16",
}


@dataclass(frozen=True, slots=True)
class _Plan:
    company: str
    currency: str
    country: str
    uuid: str
    email: str
    tax: Decimal
    services: int
    domains: int


_ATELIER = _Plan(
    "Atelier Lumière & Söhne",
    "EUR",
    "DE",
    "0b1d9d4e-5f0a-4c5e-9d1b-6a6f1c2e7a01",
    "buchhaltung@atelier.example",
    Decimal("0.19"),
    services=54,
    domains=32,
)
_HARBOUR = _Plan(
    "Open Harbour Labs Inc.",
    "USD",
    "US",
    "7e2c6a90-1b34-4f7d-8a5e-2d9b0c4f8b02",
    "billing@harbour.example",
    Decimal(0),
    services=39,
    domains=23,
)
_PIER = _Plan(
    "North Pier Ltd",
    "GBP",
    "GB",
    "c4a8f1d2-9e67-4b03-b2c5-5f7e8d1a9c03",
    "hello@northpier.example",
    Decimal("0.20"),
    services=8,
    domains=5,
)


def fill(state: State, seed: int = 2026) -> None:
    """Three accounts, their keys and what the provider announces to all of them."""
    random = Random(seed)  # noqa: S311 - a demo, not a secret
    atelier, harbour, pier = (_account(state, plan, random) for plan in (_ATELIER, _HARBOUR, _PIER))
    owners = {"alma": atelier, "carla": atelier, "ben": harbour, "dana": pier}
    for name, account in owners.items():
        state.add_key(account, DEMO_KEYS[name])
    for number, (title, body) in enumerate(words.ANNOUNCEMENTS):
        state.add_announcement(title=title, announcement=body, date=moment(20 * number - 75))


def _account(state: State, plan: _Plan, random: Random) -> Account:
    account = state.add_account(plan.company, plan.currency, plan.uuid)
    account.profile.update(
        email=plan.email, country=plan.country, credit=f"{random.randrange(20_000) / 100:.2f}"
    )
    account.profile["firstname"], account.profile["lastname"] = random.choice(words.PEOPLE)
    bills = [
        *(_service(account, number, random) for number in range(plan.services)),
        *(_domain(account, number, random) for number in range(plan.domains)),
    ]
    write_invoices(account, plan.tax, bills, random)
    _orders(account)
    _quotes(account)
    _people(account)
    _mail(account)
    _payment_methods(account)
    return account


def _service(account: Account, number: int, random: Random) -> Bill:
    name, monthly = words.PRODUCTS[number % len(words.PRODUCTS)]
    cycle, months = random.choice(words.CYCLES)
    status = _service_status(number)
    due = _service_due(number, status, months, random)
    since = today() - timedelta(days=random.randrange(60, 1095))
    amount = Decimal(monthly) * months
    host, ending = random.choice(words.SITES)
    domain = "" if number % 7 == 0 else f"{host}.{ending}"
    account.add_services(
        product_name=name,
        domain=domain,
        amount=f"{amount:.2f}",
        billingcycle=cycle,
        nextduedate=due.isoformat() if status in {"Active", "Suspended", "Pending"} else NO_DATE,
        nextinvoicedate=(due - timedelta(days=7)).isoformat(),
        status=status,
        regdate=since.isoformat(),
        assignedips="198.51.100.7,198.51.100.8" if number % 5 == 0 else "",
        _module=number % 6 != 5,
    )
    ended = timedelta(days=0 if status in {"Active", "Suspended"} else 200)
    return Bill(f"{name} - {domain}" if domain else name, amount, months, since, today() - ended)


def _service_status(number: int) -> str:
    rare = {4: "Suspended", 9: "Cancelled", 14: "Pending", 19: "Terminated", 23: "Suspended", 37: "Completed"}
    return rare.get(number, "Active")


def _service_due(number: int, status: str, months: int, random: Random) -> date:
    if status == "Suspended":
        return today() - timedelta(days=random.randrange(5, 40))
    if number % 6 == 0:
        return today() + timedelta(days=random.randrange(7))
    return today() + timedelta(days=random.randrange(7, 30 * months + 1))


def _domain(account: Account, number: int, random: Random) -> Bill:
    host, ending = words.SITES[number % len(words.SITES)]
    name = f"{host}.{ending}" if number < len(words.SITES) else f"{host}-{number}.{ending}"
    status = {6: "Expired", 11: "Grace", 17: "Pending Transfer", 21: "Cancelled"}.get(number, "Active")
    expires = _expiry(number, status, random)
    years = random.choice((1, 1, 1, 2))
    since = expires - timedelta(days=365 * random.randrange(1, 4))
    account.add_domains(
        domain=name,
        recurringamount=f"{12 * years}.00",
        registrationperiod=years,
        registrationdate=since.isoformat(),
        # The registrar has not told everything: some expiry dates stay blank.
        expirydate=NO_DATE if number % 9 == 8 else expires.isoformat(),
        nextduedate=(expires - timedelta(days=3)).isoformat(),
        nextinvoicedate=(expires - timedelta(days=17)).isoformat(),
        status=status,
        donotrenew=int(number % 4 == 1),
        idprotection=number % 2,
        is_premium=int(number == 3),
        _epp=f"Epp&<{number}>\"code'" if number % 2 else None,
    )
    line = f"Domain Renewal - {name} - {years} Year/s"
    return Bill(line, Decimal(12 * years), 12 * years, since, min(today(), expires))


def _expiry(number: int, status: str, random: Random) -> date:
    if status in {"Expired", "Grace"}:
        return today() - timedelta(days=random.randrange(3, 25))
    if number % 5 == 0:
        return today() + timedelta(days=random.randrange(2, 30))
    return today() + timedelta(days=random.randrange(30, 365))


def _orders(account: Account) -> None:
    """One order for every second service, with the first invoices as theirs."""
    invoices = list(account.invoices)
    for place, service in enumerate(list(account.services.values())[::2]):
        account.add_orders(
            amount=service["amount"],
            status="Pending" if service["status"] == "Pending" else "Active",
            date=f"{service['regdate']} 09:{place % 60:02d}:00",
            invoiceid=invoices[place % len(invoices)],
            _serviceids=[service["id"]],
        )


def _quotes(account: Account) -> None:
    account.add_quotes(subject="VPS Quote", stage="Delivered", datesent=day(-9))
    account.add_quotes(subject="Migration to <b>bigger</b> servers – Größe L", stage="On Hold")
    account.add_quotes(
        subject="Last year's quote", stage="Accepted", dateaccepted=day(-300), validuntil=day(-290)
    )
    account.add_quotes(subject="Expired quote", stage="Delivered", validuntil=day(-40))


def _people(account: Account) -> None:
    for number, (first, last) in enumerate(words.PEOPLE):
        account.add_contacts(
            firstname=first,
            lastname=last,
            email=f"person{number}@{account.profile['email'].split('@')[1]}",
            country=account.profile["country"],
            invoiceemails=int(number == 0),
            domainemails=int(number == 0),
        )


def _mail(account: Account) -> None:
    for number in range(40, -1, -1):
        account.add_emails(
            subject=_subject(account, number),
            message=words.HOSTILE_MAIL if number % 5 == 4 else words.PLAIN_MAIL,
            date=moment(-5 * number),
            to=f"{account.profile['firstname']} <{account.profile['email']}>",
        )


def _subject(account: Account, number: int) -> str:
    """Some name an invoice or a domain."""
    subject = words.MAIL_SUBJECTS[number % len(words.MAIL_SUBJECTS)]
    if subject.startswith("Invoice"):
        invoice = list(account.invoices.values())[-1 - number]
        return f"{subject} (Invoice #{invoice['invoicenum'] or invoice['id']})"
    if subject.startswith("Domain"):
        names = [row["domain"] for row in account.domains.values()]
        return f"{subject}: {names[number % len(names)]}"
    return subject


def _payment_methods(account: Account) -> None:
    account.add_payment_methods(description="Business Checking", bank_name="Sparkasse Südholstein")
    account.add_payment_methods(
        type="CreditCard",
        description="Company Visa",
        gateway_name="stripe",
        bank_name="",
        card_last_four="1111",
        expiry_date="12/2030",
        card_type="Visa",
    )
