"""The index of searches: it follows every row, and what it finds is what reading all rows finds."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Concat

from ultahost_api.models import Account, Domain, Invoice, search_index, search_tables
from ultahost_api.models.held_words import holding_all, holds
from ultahost_api.models.search_index import equal_to, holding, holding_each, look_up


@pytest.fixture
def acme(db):
    return Account.objects.create(remote_uuid="1", name="Acme", currency="EUR")


def add(account, *names):
    return [Domain.objects.create(account=account, remote_id=n, name=name) for n, name in enumerate(names)]


def found(word):
    return sorted(domain.name for domain in Domain.objects.filter(holding(Domain, [{word}])))


def scanned(word):
    return sorted(domain.name for domain in Domain.objects.filter(folded__contains=word))


WORDS = [
    "shop",
    "hop.ex",
    "example",
    "xn--mn",
    "munchen",
    'a"b',
    "100%",
    "a_b",
    "o'neil",
    "日本語",
    "本語",
    "語",
    "*",
    "AND",
]
NAMES = [
    "shop.example",
    "münchen.example",
    'a"b.example',
    "100%.example",
    "a_b.example",
    "o'neil",
    "日本語.jp",
    "nand",
]


@pytest.mark.parametrize("word", WORDS)
def test_it_finds_what_reading_every_row_finds(acme, word):
    rows = add(acme, *NAMES)
    assert found(word) == scanned(word)
    lower = word.lower()  # as every word of a search is
    assert sorted(row.name for row in rows if holds(row.folded, {lower})) == scanned(lower)


@pytest.mark.parametrize(
    ("word", "names"),
    [("sh", ["shop.example"]), ("s", ["shop.example"]), ("jp", ["日本語.jp"]), ("b.", []), ("na", ["nand"])],
)
def test_it_finds_a_short_word_where_a_word_of_the_text_begins(acme, word, names):
    rows = add(acme, *NAMES, "x")
    assert found(word) == names
    assert [row.name for row in rows if holds(row.folded, {word})] == names
    with connection.cursor() as cursor:
        drop_index(cursor)
    assert found(word) == names


def drop_index(cursor):
    if connection.vendor == "postgresql":
        cursor.execute("DROP INDEX ultahost_api_domain_folded")
    else:
        search_tables.drop(cursor)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["shop", "example"], ["shop.example"]),
        (["nand", "shop"], []),
        (["xn--mnchen", "exa"], []),
        ([{"munchen", "nothing"}], ["münchen.example"]),
        (["sh", "exam"], ["shop.example"]),
        (["%.e"], ["100%.example"]),
    ],
)
def test_it_looks_up_rows_that_hold_every_word(acme, words, names):
    add(acme, *NAMES)
    wanted = [word if isinstance(word, set) else {word} for word in words]
    ids = look_up({"domains": (Domain.objects.all(), wanted)}, 50)["domains"].ids
    assert sorted(Domain.objects.filter(pk__in=ids).values_list("name", flat=True)) == names
    assert sorted(Domain.objects.filter(holding_all(wanted)).values_list("name", flat=True)) == names


def test_it_looks_up_a_text_that_is_the_word_and_nothing_else(acme):
    add(acme, "shop", "shop.example", "a shop", "SHOP")
    for asked in (equal_to({"shop"}), equal_to({"shop", "nothing"})):
        ids = look_up({"": (Domain.objects.all(), asked)}, 50)[""].ids
        assert {one.name for one in Domain.objects.filter(pk__in=ids)} == {"shop", "SHOP"}
        assert {one.name for one in Domain.objects.filter(holding_all(asked))} == {"shop", "SHOP"}


@pytest.mark.parametrize(("most", "statements"), [(50, 3), (0, 2)])
def test_it_looks_up_several_tables_together(acme, django_assert_max_num_queries, most, statements):
    """On SQLite one statement reads whether there is an index, and one counts where few were found."""
    add(acme, "shop.example")
    Invoice.objects.create(account=acme, remote_id=1, number="shop")
    asked = {model.__name__: (model.objects.all(), [{"shop"}]) for model in (Domain, Invoice)}
    with django_assert_max_num_queries(statements):
        told = look_up(asked, most)
    assert {(len(one.ids), one.is_all) for one in told.values()} == {(min(1, most), bool(most))}


def test_it_says_whether_there_are_more_than_it_tells(acme):
    add(acme, *(f"{n}.example" for n in range(20)))
    rows = Domain.objects.all()
    asked = {
        "many": (rows, [{"example"}]), "few": (rows, [{"7.example"}]), "all": (rows, [{"exam"}, {"ple"}]),
    }  # fmt: skip
    told = look_up(asked, 5)
    assert {name: (len(one.ids), one.is_all) for name, one in told.items()} == {
        "many": (5, False), "few": (2, True), "all": (5, False),
    }  # fmt: skip
    assert look_up({"": (rows, [{"example"}])}, 20)[""].is_all


@pytest.mark.parametrize("looked_at", [3, 5000])
def test_it_holds_each_row_to_the_conditions_of_its_query_set(acme, monkeypatch, looked_at):
    """Also where only rows that do not meet them were looked at."""
    monkeypatch.setattr(search_index, "_LOOKED_AT", looked_at)
    other = Account.objects.create(remote_uuid="2", name="Other", currency="EUR")
    add(other, *(f"{n}.example" for n in range(4)))
    add(acme, *(f"{n}.example" for n in range(20)))
    theirs = Domain.objects.filter(account=other)

    for words in ([{"example"}], [{"exa"}, {"3"}], [{"ex"}]):
        told = look_up({"": (theirs, words)}, 50)[""]
        wanted = theirs.filter(holding_all(words))
        assert set(Domain.objects.filter(pk__in=told.ids)) == set(wanted)
        assert told.is_all
        assert len(told.ids) == wanted.count() > 0


def test_it_follows_a_row_that_is_saved_updated_and_deleted(acme):
    (domain,) = add(acme, "first.example")
    domain.name = "second.example"
    domain.save()
    assert (found("first"), found("second")) == ([], ["second.example"])

    Domain.objects.update(folded=Concat(F("folded"), Value(" third"), output_field=TextField()))
    assert found("third") == ["second.example"]

    Domain.objects.all().delete()
    assert found("second") == []


def test_it_follows_rows_that_are_written_many_at_once(acme):
    rows = [Domain(account=acme, remote_id=n, name=f"{n}.example", folded=f"{n}.example") for n in range(20)]
    Domain.objects.bulk_create(rows)
    for row in rows:
        row.folded = row.folded.replace("example", "elsewhere")
    Domain.objects.bulk_update(rows, ["folded"])
    assert (len(found("elsewhere")), found("7.exam")) == (20, [])


def test_it_looks_at_the_rows_of_one_kind_alone(acme):
    add(acme, "shop.example")
    Invoice.objects.create(account=acme, remote_id=1, number="shop")
    assert found("shop") == ["shop.example"]
    assert Account.objects.filter(holding(Account, [{"acme"}])).get() == acme


# Rows that hold the words, those that do not, and what then tells them from one another on SQLite.
MANY = [(20, 9, 40_000, "MATCH"), (20, 3, 0, "NOT"), (20, 0, 0, ""), (20, 9, 0, "LIKE")]


@pytest.mark.parametrize("words", [[{"exam"}], [{"exam", "nothing"}, {"mple"}], [{"exam"}, {"e"}], [{"ex"}]])
@pytest.mark.parametrize(("holding_them", "others", "listed", "told_by"), MANY)
def test_it_finds_words_that_many_rows_hold(acme, monkeypatch, words, holding_them, others, listed, told_by):
    monkeypatch.setattr(search_index, "_MOST", 5)
    monkeypatch.setattr(search_index, "_LISTED", listed)
    add(acme, *(f"{n}.example" for n in range(holding_them)), *(f"{n}.else" for n in range(others)))

    rows = Domain.objects.filter(holding(Domain, words))
    assert {row.name for row in rows} == {f"{n}.example" for n in range(holding_them)}
    if connection.vendor == "sqlite" and {"e"} not in words:
        *_, condition = str(rows.query).partition(" WHERE ")
        assert [word for word in ("MATCH", "NOT", "LIKE") if word in condition] == [told_by][: len(told_by)]


def test_it_finds_a_word_that_many_accounts_have(acme, monkeypatch):
    monkeypatch.setattr(search_index, "_MOST", 5)
    add(acme, *(f"{n}.example" for n in range(20)))
    assert Domain.objects.filter(*holding_each(Account, [{"acme"}], "account__")).count() == 20
    assert holding_each(Account, [{"nothing"}, {"acme"}], "account__")[0] == Q()


def test_it_finds_the_same_without_an_index(acme):
    with connection.cursor() as cursor:
        drop_index(cursor)
    add(acme, *NAMES)
    assert found("shop") == ["shop.example"]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps its index itself")
def test_it_notices_that_the_index_is_no_longer_kept_or_kept_again(acme, django_assert_num_queries):
    """It remembers that from the search before."""
    add(acme, "shop.example")
    assert found("shop") == ["shop.example"]
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ultahost_api_domain_search_insert")
    Domain.objects.create(account=acme, remote_id=9, name="shop-9.example")
    assert found("shop") == ["shop-9.example", "shop.example"]
    with connection.cursor() as cursor:
        drop_index(cursor)
    assert found("shop") == ["shop-9.example", "shop.example"]
    search_tables.prepare()
    found("shop")
    with django_assert_num_queries(1):
        holding(Domain, [{"shop"}])


def test_it_asks_one_statement_at_most_for_what_is_found_and_how_much_there_is(
    acme, django_assert_num_queries
):
    """PostgreSQL finds the rows in the statement that reads them."""
    add(acme, *NAMES)
    found("shop")
    with django_assert_num_queries(1 if connection.vendor == "sqlite" else 0):
        holding(Domain, [{"shop"}])


def test_it_is_made_again_where_a_table_was_built_anew(acme):
    add(acme, "before.example")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP INDEX ultahost_api_domain_folded")
        else:
            for moment in ("insert", "update", "delete"):
                cursor.execute(f"DROP TRIGGER ultahost_api_domain_search_{moment}")
    Domain.objects.create(account=acme, remote_id=9, name="between.example")

    search_tables.prepare()

    assert (found("before"), found("between")) == (["before.example"], ["between.example"])
    Domain.objects.create(account=acme, remote_id=10, name="after.example")
    assert found("after") == ["after.example"]


def test_it_is_asked(acme):
    """Which the results cannot tell, since without it they are the same."""
    add(acme, *(f"{n}.example" for n in range(300)))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Domain.objects.filter(holding(Domain, [{"123"}])).explain()
    assert ("ultahost_api_domain_folded" if connection.vendor == "postgresql" else "INDEX") in plan


@pytest.mark.django_db(transaction=True)
def test_it_gives_way_to_migrations_and_is_made_again_after_them():
    call_command("migrate", "ultahost_api", "0012", verbosity=0)  # before there were folded texts
    call_command("migrate", verbosity=0)
    acme = Account.objects.create(remote_uuid="1", name="Acme", currency="EUR")
    add(acme, "shop.example")
    assert found("shop") == ["shop.example"]
    if connection.vendor == "sqlite":
        assert holding(Domain, [{"shop"}]).children[0][0] == "pk__in"
