"""The numbers in the menu: their statement is kept, and what it told never is."""

from datetime import UTC, datetime, timedelta

from portal import access
from portal.models import Grant, Role, User
from portal.queries import attention
from ultahost_api import conf

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def numbers(person):
    """As a page of the person's has them, without those that are nothing."""
    person = User.objects.get(pk=person.pk)
    with access.known_rights(person):
        return {name: number for name, number in attention.counted(person).items() if number}


def overdue(rows, account, **fields):
    due = conf.today() - timedelta(days=1)
    return rows.invoice(account, **{"status": "Unpaid", "total": "5", "due_date": due} | fields)


def test_it_counts_what_asking_one_by_one_counts(people, rows, acme, alma):
    other = rows.account("Other")
    for account in (acme, other):
        overdue(rows, account)
        rows.service(account, status="Suspended")
        rows.domain(account, status="Redemption")
        rows.quote(account, stage="Delivered")
    rows.key(people.member("Mia"), other, refused_at=NOON)
    for person in (alma, people.admin("Ada"), people.billing("Bea"), people.member("Vera")):
        one_by_one = attention.counted(User.objects.get(pk=person.pk))  # its rights are not known
        assert numbers(person) == {name: number for name, number in one_by_one.items() if number}


def test_it_counts_what_has_changed_since_the_page_before(rows, acme, alma):
    bill = overdue(rows, acme)
    assert numbers(alma) == {"invoices": 1}
    bill.status = "Paid"
    bill.save()
    assert numbers(alma) == {}


def test_it_counts_by_the_rights_of_now(people, rows, acme, alma):
    other, ada = rows.account("Other"), people.admin("Ada")
    rows.service(other, status="Suspended")
    assert numbers(alma) == {}
    grant = Grant.objects.create(user=alma, account=other, given_by=ada)
    assert numbers(alma) == {"services": 1}
    grant.delete()
    assert numbers(alma) == {}
    assert numbers(ada) == {"services": 1}
    User.objects.filter(pk=ada.pk).update(role=Role.MEMBER)
    assert numbers(ada) == {}


def test_it_counts_by_the_day_of_now(rows, acme, alma, time_machine):
    time_machine.move_to(NOON, tick=False)
    overdue(rows, acme, due_date=conf.today())
    assert numbers(alma) == {}
    time_machine.move_to(NOON + timedelta(days=1), tick=False)
    assert numbers(alma) == {"invoices": 1}
