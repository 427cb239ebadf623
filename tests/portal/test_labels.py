"""The team's labels and notes, what lines of invoices are for, and who sees and sets what of them."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import access
from portal.acts import labels as acts
from portal.models import AccountPolicy, Act, AuditEntry, Grant, Label, Remark
from portal.models.labels import label_of_line
from tests.portal.statements import all_statements
from ultahost_api.models import Domain, InvoiceItem, Refresh, Service, links
from ultahost_api.models.line_texts import line_key

FEE = "Managed support"


@pytest.fixture
def ada(people):
    return people.admin("Ada")


@pytest.fixture
def hidden(rows):
    """A private account that Alma may not see."""
    hidden = rows.account("Hidden Ltd", "GBP")
    AccountPolicy.objects.create(account=hidden, private=True)
    return hidden


@pytest.fixture
def bill(rows):
    def make(account, *texts, **fields):
        invoice = rows.invoice(account, total="10", detailed_at=timezone.now(), **fields)
        for position, text in enumerate(texts):
            InvoiceItem.objects.create(invoice=invoice, position=position, description=text, amount="5")
        return invoice

    return make


@pytest.fixture(params=["service", "domain"])
def noun(request):
    return request.param


@pytest.fixture
def make(rows, noun):
    """``make(acme, "shop.example.com")`` is a service or a domain of this name."""
    name = {"service": "domain", "domain": "name"}[noun]
    return lambda account, text="shop.example.com": getattr(rows, noun)(account, **{name: text})


def told(row):
    remark = Remark.objects.filter(**{row._meta.model_name: row}).first()
    return (str(remark.label or ""), remark.note) if remark else ("", "")


def names(page):
    return page.texts("table.rows td.name a")


def line_path(invoice, text=FEE):
    return f"/invoices/{invoice.pk}/lines/{line_key(text)}/"


def lines(page):
    return page.texts("section[aria-labelledby=items] td.name")


# One row


def test_it_sets_the_label_and_the_note_of_a_row(visit, alma, acme, noun, make):
    row = make(acme)
    browser, there = visit(alma), f"/{noun}s/{row.pk}/"
    form = browser.click(browser.get(there), f"a[href={there}label/]")
    page = browser.post(form.one(".confirm form")["action"], {"label": " Web  shop ", "note": "Until spring"})
    assert (page.status, page.leads_to) == (303, there)
    shown = browser.get(there)
    assert shown.texts(".remark .value") == ["Web shop", "Until spring"]
    again = browser.get(f"{there}label/")
    assert (again.filled["label"], again.filled["note"]) == ("Web shop", "Until spring")
    browser.post(f"{there}label/", {})
    assert not Remark.objects.exists()
    assert browser.get(there).texts(".remark .value") == ["–"]


def test_it_says_what_is_too_long_and_keeps_the_rest(visit, alma, acme, noun, make):
    row = make(acme)
    page = visit(alma).post(f"/{noun}s/{row.pk}/label/", {"label": "x" * 61, "note": "kept"})
    assert page.status == 422
    assert page.all(".confirm .errorlist")
    assert page.filled["note"] == "kept"
    assert told(row) == ("", "")


def test_it_shows_who_may_only_view_the_label_and_no_form(visit, people, alma, acme, noun, make):
    row, viewer = make(acme), people.member("Viewer")
    Grant.objects.create(user=viewer, account=acme, level="view", given_by=alma)
    acts.set_remark(alma, row, "Shop", "ours")
    page = visit(viewer).get(f"/{noun}s/{row.pk}/")
    assert page.texts(".remark .value") == ["Shop", "ours"]
    assert not page.all(".remark a")
    assert visit(viewer).post(f"/{noun}s/{row.pk}/label/", {"label": "Mine"}).status == 404
    assert not visit(viewer).get(f"/{noun}s/").all("td.pick, #set-labels")


def test_it_labels_rows_that_are_gone(visit, alma, acme, noun, make):
    """What was spent on them last year is booked as well."""
    row = make(acme)
    type(row).objects.update(gone_at=timezone.now())
    visit(alma).post(f"/{noun}s/{row.pk}/label/", {"label": "Shop"})
    assert told(row) == ("Shop", "")


def test_it_notes_in_the_audit_log_what_was_changed(alma, acme, rows):
    service = rows.service(acme, domain="a.com")
    acts.set_remark(alma, service, "Shop", "secret plans")
    acts.set_remark(alma, Service.objects.get(), "Shop", "secret plans")
    acts.set_remark(alma, Service.objects.get(), "", "secret plans")
    entries = AuditEntry.objects.filter(noun="label").order_by("seq")
    assert [(one.act, one.target, one.account, one.details) for one in entries] == [
        (Act.LABEL_SET, "a.com", acme, {"label": "Shop"}),
        (Act.NOTE_SET, "a.com", acme, {}),
        (Act.LABEL_SET, "a.com", acme, {"label": ""}),
    ]


def test_a_refresh_leaves_label_and_note_and_the_search_for_them(alma, acme, make, noun):
    row = make(acme)
    acts.set_remark(alma, row, "Shop", "until spring")
    row = type(row).objects.get()
    assert "until spring" in row.fold({"amount": None})
    row.save()
    assert "shop\nuntil spring" in type(row).objects.get().folded


@pytest.mark.parametrize("subjects", [[], ["service", "domain"]])
def test_the_database_keeps_a_remark_on_one_thing(rows, acme, subjects):
    on = {subject: getattr(rows, subject)(acme) for subject in subjects}
    with pytest.raises(IntegrityError), transaction.atomic():
        Remark.objects.create(**on)


# Many rows


def test_it_sets_the_label_of_all_selected_rows(visit, alma, acme, noun, make):
    chosen, other = [make(acme, f"{n}.example.com") for n in range(3)], make(acme, "other.example.com")
    acts.set_remark(alma, chosen[0], "Old", "kept")
    browser = visit(alma)
    page = browser.get(f"/{noun}s/?sort=-due")
    boxes = [box["value"] for box in page.all("td.pick input[form=set-labels]")]
    assert {str(row.pk) for row in [*chosen, other]} == set(boxes)
    form = page.one("#set-labels")
    sent = {"row": [str(row.pk) for row in chosen], "label": "Shop"}
    sent |= {i["name"]: i["value"] for i in page.all("#set-labels input[type=hidden]")}
    page = browser.post(form["action"], sent)
    assert (page.status, page.leads_to) == (303, f"/{noun}s/?sort=-due")
    assert "The label “Shop” was set on 3 rows." in browser.follow(page).html
    assert [told(row) for row in [*chosen, other]] == [("Shop", "kept"), ("Shop", ""), ("Shop", ""), ("", "")]
    (entry,) = AuditEntry.objects.filter(noun="label", details__count=3)
    assert (entry.target, entry.account) == ("Shop", acme)
    browser.post(form["action"], sent | {"remove": "1"})
    assert [told(row) for row in chosen] == [("", "kept"), ("", ""), ("", "")]
    assert Remark.objects.count() == 1


def test_it_sets_none_if_one_of_them_is_not_the_person_s(visit, people, alma, acme, hidden, noun, make, rows):
    mine, theirs, seen = make(acme), make(hidden), make(rows.account("Seen"))
    Grant.objects.create(user=alma, account=seen.account, level="view", given_by=people.admin("Ada"))
    for other in (theirs.pk, seen.pk, acme.pk, "nonsense"):
        page = visit(alma).post(f"/labels/set/{noun}s/", {"row": [str(mine.pk), str(other)], "label": "Shop"})
        assert page.status == 404
    assert not Label.objects.exists()


def test_it_changes_nothing_without_rows_or_a_label(visit, alma, acme, noun, make):
    row = make(acme)
    for sent in ({"label": "Shop"}, {"row": [str(row.pk)]}, {"row": [str(row.pk)], "label": "x" * 61}):
        browser = visit(alma)
        page = browser.post(f"/labels/set/{noun}s/", sent)
        assert page.leads_to == f"/{noun}s/"
        assert "Nothing was changed." in browser.follow(page).html
    assert not Label.objects.exists()
    assert visit(alma).post("/labels/set/invoices/", {}).status == 404


def test_it_sets_many_with_as_many_statements_as_few(alma, acme, rows):
    def statements(count):
        ids = [rows.domain(acme, name=f"{count}-{n}.example.com").pk for n in range(count)]
        with all_statements() as captured:
            acts.set_label(alma, Domain.objects.filter(pk__in=ids), "Shop")
        return len(captured)

    statements(1)
    assert statements(3) == statements(90)


# Lists


def test_it_lists_labels_in_a_column_and_in_the_file(visit, alma, acme, noun, make):
    make(acme, "bare.example.com")
    acts.set_remark(alma, make(acme), "Shop", "until spring")
    browser = visit(alma)
    browser.post(f"/columns/{noun}s/", {"column": ["label", "note"]})
    page = browser.get(f"/{noun}s/")
    assert sorted(page.texts("tbody td.extra")) == ["", "", "Shop", "until spring"]
    titles = browser.get(f"/{noun}s.csv").html.splitlines()[0]
    assert titles.endswith(',"Label","Note"')
    rows = browser.get(f"/{noun}s.csv").csv()
    assert sorted(row[-2:] for row in rows) == [["", ""], ["Shop", "until spring"]]


def test_its_column_appears_once_there_is_a_label(visit, alma, acme, noun, make):
    row, browser = make(acme), visit(alma)
    assert "Label" not in browser.get(f"/{noun}s/").texts("thead th")
    acts.set_remark(alma, row, "Shop", "")
    assert "Label" in browser.get(f"/{noun}s/").texts("thead th")
    assert browser.get(f"/{noun}s/").all("#choose-columns input[value=label][checked]")
    browser.post(f"/columns/{noun}s/", {"column": ["status"]})
    assert "Label" not in browser.get(f"/{noun}s/").texts("thead th")


def test_it_filters_by_label_and_by_none(visit, alma, acme, noun, make):
    make(acme, "bare.example.com")
    noted, shop = make(acme, "noted.example.com"), make(acme, "shop.example.com")
    acts.set_remark(alma, noted, "", "only a note")
    acts.set_remark(alma, shop, "Shop", "")
    browser, label = visit(alma), Label.objects.get()
    page = browser.get(f"/{noun}s/?label={label.pk}")
    assert names(page) == ["shop.example.com"]
    assert page.texts("#pill-label b") == ["Shop"]
    assert page.texts("select[name=label] option") == ["Any or none", "No label", "Shop"]
    assert set(names(browser.get(f"/{noun}s/?label=none"))) == {"bare.example.com", "noted.example.com"}
    file = browser.get(f"/{noun}s.csv?label=none")
    assert len(file.csv()) == 2
    saved = {"listing": f"{noun}s", "query": f"label={label.pk}", "name": "Of the shop"}
    view = browser.post("/views/add/", saved)
    assert names(browser.follow(view)) == ["shop.example.com"]


def test_lists_and_the_search_find_rows_by_label_and_note(visit, alma, acme, noun, make):
    make(acme, "bare.example.com")
    acts.set_remark(alma, make(acme, "found.example.com"), "Wébshop", "ask Göran first")
    browser = visit(alma)
    for words in ("webshop", "GORAN ask", "webshop found", "acme webshop"):
        assert names(browser.get(f"/{noun}s/?q={words}")) == ["found.example.com"]
        hits = browser.get(f"/search/?q={words}").all("a.hit[href*=-]")
        assert len(hits) == 1


def test_lists_need_as_many_statements_with_labels_as_without(visit, alma, acme, noun, make):
    browser = visit(alma)

    def statements():
        with all_statements() as captured:
            browser.get(f"/{noun}s/?label=none")
        return len(captured)

    for n in range(2):
        acts.set_remark(alma, make(acme, f"{n}.com"), f"Label {n}", "")
        make(acme, f"bare-{n}.com")
    statements()
    few = statements()
    for n in range(2, 30):
        acts.set_remark(alma, make(acme, f"{n}.com"), f"Label {n}", "")
        make(acme, f"bare-{n}.com")
    assert statements() == few <= 12


# What another account's labels are to a person


def test_a_label_of_hidden_rows_is_nowhere(visit, alma, ada, acme, hidden, noun, make, bill):
    mine, theirs = make(acme), make(hidden, "hidden.example.com")
    invoice = bill(acme, FEE)
    acts.set_remark(ada, theirs, "Project Canary", "canary note")
    label = Label.objects.get()
    browser = visit(alma)
    for path in (
        *(
            f"/{noun}s/",
            f"/{noun}s.csv",
            f"/{noun}s/?q=project",
            f"/{noun}s/{mine.pk}/",
            "/search/?q=project",
        ),
        *(f"/{noun}s/{mine.pk}/label/", line_path(invoice), f"/invoices/{invoice.pk}/", "/invoices/"),
    ):
        assert browser.get(path).status == 200
        assert "anary" not in browser.get(path).html
    unknown, known = (browser.get(f"/{noun}s/?label={pk}") for pk in (acme.pk, label.pk))
    assert known.texts("main") == [unknown.one("main").text.replace(str(acme.pk), str(label.pk))]
    assert visit(ada).get(f"/{noun}s/?label={label.pk}").texts("#pill-label b") == ["Project Canary"]


def test_it_does_not_tell_the_spelling_of_a_hidden_label(alma, ada, acme, hidden, rows):
    acts.set_remark(ada, rows.service(hidden), "PROJECT X", "")
    mine, other = rows.service(acme), rows.service(acme)
    acts.set_remark(alma, mine, "Project x", "")
    acts.set_remark(alma, other, "project X", "")
    assert told(mine) == told(other) == ("Project x", "")
    acts.set_remark(ada, rows.service(acme), "PROJECT X", "")
    assert Label.objects.count() == 2


def test_it_suggests_the_labels_that_a_person_may_know(visit, people, alma, ada, acme, hidden, rows, bill):
    acts.set_remark(ada, rows.service(hidden), "Hidden", "")
    acts.set_remark(ada, rows.domain(acme), "Seen", "")
    open_ = rows.account("Open")
    billed = rows.service(open_, product_name="VPS", domain="open.example.com")
    acts.set_remark(ada, billed, "Billed", "")
    acts.set_remark(ada, rows.service(open_), "Not billed", "")
    bill(open_, "VPS - open.example.com")
    links.assign_again(open_.pk)
    service = rows.service(acme)

    def suggested(person, path):
        return [option["value"] for option in visit(person).get(path).all("datalist option")]

    assert suggested(alma, f"/services/{service.pk}/label/") == ["Billed", "Seen"]
    assert suggested(people.billing("Bill"), line_path(bill(acme, FEE))) == ["Billed"]
    assert suggested(ada, "/services/") == ["Billed", "Hidden", "Not billed", "Seen"]


# Lines of invoices


def test_lines_inherit_the_label_of_what_they_are_of(visit, alma, people, acme, rows, bill):
    service = rows.service(acme, product_name="VPS", domain="shop.example.com")
    acts.set_remark(alma, service, "Shop", "a note")
    invoice = bill(acme, "VPS - shop.example.com", FEE)
    links.assign_again(acme.pk)
    page = visit(alma).get(f"/invoices/{invoice.pk}/")
    assert lines(page) == ["VPS - shop.example.comLabel: Shop", f"{FEE} Say what it is for"]
    assert "a note" not in page.html
    # Who reads the invoice alone sees the name of the label, but neither note nor row.
    for reader in (people.member("Reader"), people.billing("Bill")):
        page = visit(reader).get(f"/invoices/{invoice.pk}/")
        assert lines(page)[0] == "VPS - shop.example.comLabel: Shop"
        assert "a note" not in page.html
        assert str(service.pk) not in page.html


def test_a_line_is_assigned_once_for_all_invoices_of_the_account(visit, alma, acme, rows, bill, noun, make):
    thing, other = make(acme), make(rows.account("Other"))
    invoice, later = bill(acme, FEE, "Late fee"), bill(acme, FEE)
    acts.set_remark(alma, thing, "Shop", "")
    browser, there = visit(alma), f"/invoices/{invoice.pk}/"
    form = browser.click(browser.get(there), f"a[href={line_path(invoice)}]")
    things = [option["value"] for option in form.all("select[name=thing] option")]
    assert things == ["", str(thing.pk)]
    assert str(other.pk) not in form.html
    page = browser.post(line_path(invoice), {"thing": str(thing.pk)})
    assert page.leads_to == there
    for bill_ in (invoice, later):
        page = browser.get(f"/invoices/{bill_.pk}/")
        assert page.one("section[aria-labelledby=items] td.name > a")["href"] == f"/{noun}s/{thing.pk}/"
        assert lines(page)[0] == f"{FEE}Label: Shop Change"
    related = browser.get(f"/{noun}s/{thing.pk}/").all("section[aria-labelledby=related] td.name a")
    assert {f"/invoices/{one.pk}/" for one in (invoice, later)} == {link["href"] for link in related}
    (entry,) = AuditEntry.objects.filter(act=Act.LINE_ASSIGNED)
    assert (entry.account, entry.details) == (acme, {"line": FEE, "to": "shop.example.com"})
    browser.post(line_path(later), {"thing": "", "label": ""})
    assert lines(browser.get(there))[0] == f"{FEE} Say what it is for"


def test_a_line_has_a_label_without_being_of_a_thing(visit, people, acme, bill):
    """Billing sees no services, and says it all the same."""
    invoice, biller = bill(acme, FEE), visit(people.billing("Bill"))
    assert "thing" not in biller.get(line_path(invoice)).filled
    biller.post(line_path(invoice), {"label": "Office"})
    assert lines(biller.get(f"/invoices/{invoice.pk}/")) == [f"{FEE}Label: Office Change"]
    assert biller.get(line_path(invoice)).filled["label"] == "Office"
    biller.post(line_path(invoice), {"label": "Rent"})
    assert [str(one.label) for one in Remark.objects.all()] == ["Rent"]
    biller.post(line_path(invoice), {"label": ""})
    assert not Remark.objects.exists()


def test_it_refuses_a_thing_and_a_label_at_once_and_things_of_others(visit, alma, acme, rows, bill):
    invoice, mine, theirs = bill(acme, FEE), rows.service(acme), rows.service(rows.account("Other"))
    for sent in ({"thing": str(mine.pk), "label": "Shop"}, {"thing": str(theirs.pk)}, {"thing": "x"}):
        assert visit(alma).post(line_path(invoice), sent).status == 422
    assert InvoiceItem.objects.get().service is None


def test_a_line_whose_text_tells_or_that_has_none_is_not_assigned(visit, alma, acme, rows, bill):
    rows.service(acme, product_name="VPS", domain="shop.example.com")
    invoice = bill(acme, "VPS - shop.example.com", "", FEE)
    links.assign_again(acme.pk)
    page = visit(alma).get(f"/invoices/{invoice.pk}/")
    assert [a["href"] for a in page.all("td.name small a")] == [line_path(invoice)]
    for text in ("VPS - shop.example.com", "", "of another invoice"):
        assert visit(alma).get(line_path(invoice, text)).status == 404


def test_others_assign_nothing(visit, people, alma, acme, rows, bill):
    invoice, viewer, service = bill(acme, FEE), people.member("Viewer"), rows.service(acme)
    Grant.objects.create(user=viewer, account=acme, level="view", given_by=alma)
    for person in (viewer, people.member("Reader")):
        assert visit(person).post(line_path(invoice), {"label": "Shop"}).status == 404
        assert not visit(person).get(f"/invoices/{invoice.pk}/").all("td.name small a")
    acts.assign_line(alma, invoice, FEE, service, "")
    bill_ = visit(people.billing("Bill"))
    assert bill_.get(line_path(invoice)).status == 404
    assert visit(alma).get(line_path(invoice)).filled["thing"] == str(service.pk)


def test_the_label_of_a_line_is_one_expression(alma, acme, rows, bill):
    """Said of the line itself, else of what it is of; a link into another account gives none."""
    labelled, other = rows.domain(acme), rows.service(rows.account("Other"))
    acts.set_remark(alma, labelled, "Shop", "")
    acts.set_remark(alma, other, "Theirs", "")
    invoice = bill(acme, "of a domain", "said", "of both", "none")
    InvoiceItem.objects.create(invoice=invoice, position=9, description="elsewhere", service=other)
    acts.assign_line(alma, invoice, "of a domain", labelled, "")
    acts.assign_line(alma, invoice, "said", None, "Office")
    found = InvoiceItem.objects.annotate(label=label_of_line("label__name"), label_id=label_of_line())
    assert {item.description: item.label for item in found} == {
        "of a domain": "Shop", "said": "Office", "of both": None, "none": None, "elsewhere": None,
    }  # fmt: skip
    ids = {item.label_id for item in found} - {None}
    assert ids == set(Label.objects.exclude(name="Theirs").values_list("pk", flat=True))


def test_what_was_said_stays_with_the_account_that_had_the_row(people, sandbox, add_key, read_everything):
    """Ids of two accounts may be alike, and the people of one account may not see the other."""
    alma, ben = people.member("Alma"), people.member("Ben")
    acme, harbour = sandbox.add_account("Acme", "EUR"), sandbox.add_account("Harbour", "EUR")
    acme.add_services(1, domain="shop.example.com")
    add_key(alma, acme)
    add_key(ben, harbour)
    read_everything()
    moved = Service.objects.get()
    acts.set_remark(alma, moved, "Project North", "of the merger, for Alma alone")

    harbour.services[1] = acme.services.pop(1)
    Refresh.objects.update(next_due_at=timezone.now())
    read_everything()

    there = Service.objects.get(account__name="Harbour")
    assert (there.remote_id, there.own_words, told(there)) == (moved.remote_id, "", ("", ""))
    assert told(moved) == ("Project North", "of the merger, for Alma alone")
    assert not access.labels_to_see(ben).exists()


def test_two_tabs_save_what_was_changed_in_each(visit, alma, acme, noun, make):
    row = make(acme)
    browser = visit(alma)
    form = f"/{noun}s/{row.pk}/label/"
    first, second = browser.get(form), browser.get(form)

    browser.post(form, first.filled | {"label": "North"})
    assert browser.post(form, second.filled | {"note": "yearly"}).leads_to == f"/{noun}s/{row.pk}/"

    assert told(row) == ("North", "yearly")


def test_it_asks_before_it_replaces_what_another_person_said(visit, alma, people, rows, acme, noun, make):
    row, carla = make(acme), people.member("Carla")
    rows.key(carla, acme)
    form = f"/{noun}s/{row.pk}/label/"
    browser, page = visit(alma), visit(alma).get(form)
    other = visit(carla)
    other.post(form, other.get(form).filled | {"label": "North", "note": "by card"})

    again = browser.post(form, page.filled | {"label": "South"})

    assert again.status == 422
    assert again.texts(".errorlist") == [
        "It was changed to “North” in the meantime. Save again to replace that."
    ]
    assert told(row) == ("North", "by card")
    browser.post(form, again.filled)
    assert told(row) == ("South", "by card")


def test_it_asks_before_it_sets_anew_what_another_person_removed(visit, alma, acme, noun, make):
    row, form = make(acme), f"/{noun}s/{{}}/label/"
    acts.set_remark(alma, row, "North", "")
    browser, form = visit(alma), form.format(row.pk)
    page = browser.get(form)
    browser.post(form, browser.get(form).filled | {"label": ""})

    again = browser.post(form, page.filled | {"label": "South"})

    assert again.texts(".errorlist") == ["It was removed in the meantime. Save again to set it."]
    browser.post(form, page.filled)
    assert told(row) == ("", "")
