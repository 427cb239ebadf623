"""What every search promises: one spelling is as good as another, and every row is kept ready for it."""

from importlib import import_module
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from portal.models import AuditEntry, AuditText, User
from ultahost_api.models import Account, Operation
from ultahost_api.models.folding import folded, searchable, wanted
from ultahost_api.models.searched import Searched

ALL = import_module("ultahost_api.migrations.0013_folded").fill
WIDER = import_module("ultahost_api.migrations.0022_search")
PEOPLE = import_module("portal.migrations.0014_folded").fold_people
ENTRIES = import_module("portal.migrations.0014_folded").fold_entries


def finds(query, *texts):
    text = searchable(texts)
    return all(any(word in text for word in spellings) for spellings in wanted(query))


@pytest.mark.parametrize(
    "same",
    [
        ("münchen", "MÜNCHEN", "mu\u0308nchen", "xn--mnchen-3ya", "XN--MNCHEN-3YA"),
        ("İzmir", "izmir", "IZMIR", "İZMİR", "ızmır"),
        ("IŞIK", "ışık", "işik"),
        ("inşaat", "İNŞAAT", "INŞAAT"),
        ("straße", "STRASSE", "STRAẞE"),
        (
            "shop.example",
            "shop\u2060.example",
            "sh\u00adop\ufeff.example",
            "shop\u3002example",
            "ｓｈｏｐ.example",
        ),
        ("i\ufe0f", "i\U000e0100", "I"),
    ],
)
def test_it_folds_every_spelling_to_one(same):
    assert len({folded(text) for text in same}) == 1


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("xn--mn", "xn--mnchen-3ya.de"),  # while it is typed
        ("xn--", "xn--mnchen-3ya.de"),
        ("https://anna@shop.example:8443/path", "shop.example"),
        ("shop.example/", "shop.example"),
        ("https://", "see https://shop.example"),
        ("https://www.shop.example/cart?id=1#top", "shop.example"),
        ("shop.example/cart", "shop.example"),
        ("shop.example:8443", "shop.example"),
        ("shop.example:8443/cart?id=1", "shop.example"),
        ("//shop.example/cart", "shop.example"),
        ("www.shop.example", "shop.example"),
        ("www.xn--mnchen-3ya.de/", "münchen.de"),
        ("www.shop.example", "www.shop.example"),
        ("<https://shop.example>,", "shop.example"),
        ("“shop.example”", "shop.example"),
        ("(shop.example);", "shop.example"),
        ("2026/12", "INV-2026/12"),
        ("...", "and so on..."),
    ],
)
def test_it_finds_what_was_typed_or_pasted(query, text):
    assert finds(query, text)


@pytest.mark.parametrize("label", ["9" * 59, "a", "-", "--", "zz999", "0" * 59, "ihqw6d"])
def test_it_leaves_a_label_as_it_is_which_stands_for_no_text(label):
    searchable([f"xn--{label}.example"]).encode()
    assert finds(f"xn--{label}", f"xn--{label}.example")


@given(st.text(max_size=80), st.text(max_size=20))
def test_it_finds_every_text_by_itself_and_in_capitals(text, beside):
    assert finds(text, beside, text)
    searchable([text]).encode()


def test_it_tells_apart_what_is_not_the_same():
    assert not finds("münchen", "monchen", "mnchen")
    assert not finds("a b", "a", "c")
    assert not finds("www.shop", "shop.example")
    assert not finds("2026/12", "INV-2026")
    assert not finds("anna@shop.example", "shop.example")


def models():
    return [model for model in apps.get_models() if issubclass(model, Searched)] + [AuditText]


def test_it_fills_the_rows_of_a_database_that_was_there_before(people, rows):
    acme = rows.account("Ärzte & Söhne")
    key = rows.key(people.member("Ümit"), acme)
    titles = {
        "service": "domain",
        "invoice": "number",
        "order": "number",
        "quote": "subject",
        "email": "subject",
    }
    for noun, title in titles.items():
        getattr(rows, noun)(acme, **{title: "Überlandstraße"})
    rows.domain(acme, name="xn--mnchen-3ya.de", registrar="Straße")
    rows.event(rows.domain(acme, name="İzmir"))
    rows.operation(key, message="Größe")
    AuditEntry.objects.append(act="export.csv", actor_name="Ümit", target="ŞEHİR")
    before = {model: kept(model) for model in models()}
    assert all(any(text.strip() for _key, text in found) for found in before.values())
    for model in models():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {model._meta.db_table} SET folded = ''")
    AuditText.objects.all().delete()

    for fill in (ALL, PEOPLE, ENTRIES, WIDER.write_lines, WIDER.fold):
        fill(apps, SimpleNamespace(connection=connection))

    assert {model: kept(model) for model in models()} == before


def kept(model):
    return list(model._base_manager.order_by("pk").values_list("pk", "folded"))


def test_it_fills_in_batches(rows, monkeypatch):
    monkeypatch.setattr("ultahost_api.models.searched._AT_ONCE", 2)
    for number in range(5):
        rows.account(f"Ä{number}")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ultahost_api_account SET folded = ''")

    ALL(apps, SimpleNamespace(connection=connection))

    assert Account.objects.exclude(folded="").count() == 5


def test_it_finds_operations_by_an_answer_that_came_later(visit, people, rows):
    alma = people.member("Ümit")
    operation = rows.operation(rows.key(alma, rows.account("Acme")), state="sending", message="")
    Operation.objects.filter(pk=operation.pk).update(message="Größe", state="refused")
    browser = visit(alma)

    for query, count in [("GRÖSSE", 1), ("umit", 1), ("invoice", 1), ("#7", 1), ("Klein", 0)]:
        page = browser.get(f"/activity/?q={quote(query)}")
        assert len(page.all("tbody tr")) == count, query


def test_it_finds_an_account_and_a_person_by_their_new_names(people, rows):
    acme, alma = rows.account("Acme"), people.member("Alma")
    acme.name, alma.name = "Ärzte", "Ümit"
    acme.save()
    alma.save()

    assert Account.objects.filter(folded="arzte").count() == 1
    assert User.objects.filter(folded="umit").count() == 1


def test_it_finds_entries_of_the_audit_log(visit, people):
    AuditEntry.objects.append(act="export.csv", actor_name="Ümit", target="ŞEHİR")
    browser = visit(people.admin("Ada"))

    assert len(browser.get("/audit/?q=umit").all("tbody tr")) == 1
    assert len(browser.get("/audit/?q=sehir").all("tbody tr")) == 1
