"""Rotating a key: the form, the two keys side by side, and the three ways to end it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal import access
from portal.models import AuditEntry
from tests.portal.test_keys import NOBODY, said
from ultahost_api import keys
from ultahost_api.keys import rotation
from ultahost_api.models import ApiKey, Operation

PATHS = ["rotate/", "rotate/finish/", "rotate/undo/"]


@pytest.fixture
def account(sandbox):
    return sandbox.add_account("Acme", "EUR")


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def old(alma, add_key, account):
    return add_key(alma, account)


@pytest.fixture
def new(browser, sandbox, account, old):
    browser.post(f"/keys/{old.pk}/rotate/", {"secret": sandbox.add_key(account)})
    return ApiKey.objects.get(replaces=old)


def state_of(key):
    return ApiKey.objects.get(pk=key.pk).state


def noted():
    entries = AuditEntry.objects.filter(act__contains="rotat").order_by("seq")
    return list(entries.values_list("act", "target_id", "details__before"))


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_it_rotates_from_the_first_click_to_the_last(visit, people, alma, sandbox, account, old, who):
    browser = visit(alma if who == "owner" else people.admin("Dana"))
    secret = sandbox.add_key(account)

    form = browser.click(browser.get(f"/keys/{old.pk}/"), f".acts a[href=/keys/{old.pk}/rotate/]")
    assert form.one("h1").text == f"Rotate “Main” …{old.last_four}"
    guide = browser.follow(browser.post(f"/keys/{old.pk}/rotate/", {"secret": secret}))
    new = ApiKey.objects.get(replaces=old)
    assert (new.owner, new.last_four) == (alma, secret[-4:])
    assert guide.texts(".facts dd .mono") == [f"…{new.last_four}", f"…{old.last_four}"]

    done = browser.follow(browser.post(guide.one("main form")["action"], {"deleted": "on"}))

    assert said(done) == [f"“Main” is rotated: …{new.last_four} is in use, …{old.last_four} was deleted."]
    assert (state_of(old), state_of(new)) == (ApiKey.State.REMOVED, ApiKey.State.ACTIVE)
    assert noted() == [
        ("key.rotation_begun", str(new.pk), f"…{old.last_four}"),
        ("key.rotated", str(new.pk), f"…{old.last_four}"),
    ]
    assert secret not in guide.html + done.html


def test_it_shows_both_keys_while_it_is_open(browser, old, new):
    page = browser.get("/keys/")

    assert sorted(page.texts("td.name small")) == sorted([f"…{old.last_four}", f"…{new.last_four}"])
    assert page.texts("td.state .status") == ["Being replaced", "Active", f"Replaces …{old.last_four}"]
    for key in (old, new):
        assert browser.get(f"/keys/{key.pk}/").one(".acts a.primary")["href"] == f"/keys/{key.pk}/rotate/"
        assert (
            browser.get(f"/keys/{key.pk}/rotate/").one("main form")["action"]
            == f"/keys/{new.pk}/rotate/finish/"
        )


def test_it_reminds_of_what_was_left_half_way_after_a_day(browser, visit, people, old, new):
    where = f".need a[href=/keys/{new.pk}/rotate/]"
    assert browser.get("/").all(where) == []
    ApiKey.objects.filter(pk=new.pk).update(replaced_at=timezone.now() - timedelta(days=2))
    for reader in (browser, visit(people.admin("Dana"))):
        assert reader.get("/").one(where)
    assert visit(people.member("Ben")).get("/").all(where) == []


def test_it_leads_to_the_providers_own_pages_where_they_are_known(browser, settings, old, new):
    assert browser.get(f"/keys/{old.pk}/rotate/").all("a[target=_blank]") == []
    settings.PORTAL_PROVIDER_URL = "https://bill.example.com"
    link = browser.get(f"/keys/{old.pk}/rotate/").one("main a[target=_blank]")
    assert link["href"] == "https://bill.example.com/clientarea.php"


def test_it_puts_a_refusal_into_words_and_begins_nothing(browser, sandbox, old):
    (first,) = sandbox.state.keys
    other = sandbox.add_key(sandbox.add_account("Harbour"))
    for secret, words in [
        (other, "This key opens Harbour. Add it as a new key."),
        (first, "This key is already in the portal."),
        ("sk_test_wrong_0123456789abcdef", "Ultahost does not know this key."),
    ]:
        page = browser.post(f"/keys/{old.pk}/rotate/", {"secret": secret})
        assert (page.status, page.texts(".errorlist li")) == (422, [words])
        assert secret not in page.html
    assert ApiKey.objects.count() == 1
    assert noted() == []


def test_it_begins_nothing_while_ultahost_is_down(browser, sandbox, account, old):
    secret = sandbox.add_key(account)
    sandbox.stop()
    page = browser.post(f"/keys/{old.pk}/rotate/", {"secret": secret})
    assert page.status == 422
    assert "Nothing was changed" in page.one(".errorlist li").text
    assert ApiKey.objects.count() == 1


def test_it_begins_nothing_that_it_cannot_note(browser, sandbox, account, old, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("portal.audit.record", fail)
    with pytest.raises(RuntimeError):
        browser.post(f"/keys/{old.pk}/rotate/", {"secret": sandbox.add_key(account)})
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("way", [{"rotate/finish/": {"deleted": "on"}}, {"rotate/undo/": {}}])
def test_it_ends_nothing_that_it_cannot_note(browser, old, new, monkeypatch, way):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("portal.audit.record", fail)
    ((path, sent),) = way.items()
    with pytest.raises(RuntimeError):
        browser.post(f"/keys/{new.pk}/{path}", sent)
    assert {state_of(old), state_of(new)} == {ApiKey.State.ACTIVE}
    assert ApiKey.objects.get(pk=new.pk).replaces == old


def test_it_removes_nothing_before_the_person_says_that_it_is_deleted(browser, old, new):
    page = browser.follow(browser.post(f"/keys/{new.pk}/rotate/finish/"))
    assert said(page)[-1:] == ["Delete the old key at Ultahost first, then select the box."]
    assert page.one("input[name=deleted]").attributes.keys() >= {"required"}
    assert state_of(old) == ApiKey.State.ACTIVE


@pytest.mark.parametrize("state", ["sending", "queued"])
def test_it_keeps_the_old_key_while_something_is_sent_with_it(browser, rows, old, new, state):
    operation = rows.operation(old, state=state)
    sent = {"deleted": "on"}
    page = browser.follow(browser.post(f"/keys/{old.pk}/rotate/finish/", sent))
    assert "being sent or queued with the old key" in said(page)[-1]
    assert state_of(old) == ApiKey.State.ACTIVE
    Operation.objects.filter(pk=operation.pk).update(state="done")
    browser.post(f"/keys/{old.pk}/rotate/finish/", sent)
    assert state_of(old) == ApiKey.State.REMOVED


def test_it_keeps_the_old_key_while_the_new_one_is_refused(browser, old, new):
    ApiKey.objects.filter(pk=new.pk).update(refused_at=timezone.now())
    guide = browser.get(f"/keys/{new.pk}/rotate/")
    assert "do not delete it yet" in guide.one(".banner").text
    assert guide.all("input[name=deleted]") == []
    page = browser.follow(browser.post(f"/keys/{new.pk}/rotate/finish/", {"deleted": "on"}))
    assert "so the old one stays" in said(page)[-1]
    assert state_of(old) == ApiKey.State.ACTIVE


def test_it_undoes_what_was_begun(browser, old, new):
    page = browser.click(browser.get(f"/keys/{new.pk}/rotate/"), ".acts a.danger")
    assert page.texts(".confirm dd") == ["Acme", f"…{new.last_four}", f"…{old.last_four}"]
    assert page.all(".confirm .banner") == []

    after = browser.follow(browser.post(page.one(".confirm form")["action"]))

    assert said(after) == [f"The new key …{new.last_four} was deleted. “Main” uses …{old.last_four} again."]
    assert (state_of(old), state_of(new)) == (ApiKey.State.ACTIVE, ApiKey.State.REMOVED)
    assert noted()[-1] == ("key.rotation_undone", str(old.pk), f"…{new.last_four}")


def test_it_warns_of_undoing_when_the_old_key_does_not_work(browser, old, new):
    ApiKey.objects.filter(pk=old.pk).update(refused_at=timezone.now())
    page = browser.get(f"/keys/{new.pk}/rotate/undo/")
    assert "Refused by Ultahost" in page.one(".confirm .banner").text


def test_it_says_that_it_is_over_when_somebody_else_was_quicker(browser, old, new):
    rotation.finish(new)
    for path in ("rotate/finish/", "rotate/undo/"):
        page = browser.follow(browser.post(f"/keys/{new.pk}/{path}", {"deleted": "on"}))
        assert said(page)[-1:] == ["This rotation has already been finished or undone."]
    assert state_of(new) == ApiKey.State.ACTIVE


def test_it_leads_to_replacing_a_key_that_does_not_work(browser, old):
    ApiKey.objects.update(refused_at=timezone.now())
    assert browser.get(f"/keys/{old.pk}/rotate/").leads_to == f"/keys/{old.pk}/replace/"
    assert browser.get(f"/keys/{old.pk}/").all(f"a[href=/keys/{old.pk}/rotate/]") == []


def test_it_writes_with_the_new_key_at_once(alma, old, new):
    assert access.key_to_write_with(alma, old.account) == access.own_key(alma, old.account) == new
    keys.disable(new)
    assert access.key_to_write_with(alma, old.account) == old


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_hides_a_rotation_from_everybody_else(visit, people, old, new, role, path):
    other = visit(getattr(people, role)("Other"))
    for key in (old, new):
        assert other.post(f"/keys/{key.pk}/{path}", {"deleted": "on"}).status == 404
    assert {state_of(old), state_of(new)} == {ApiKey.State.ACTIVE}


@pytest.mark.parametrize("path", PATHS)
def test_it_sends_a_stranger_to_sign_in(visit, path):
    path = f"/keys/{NOBODY}/{path}"
    assert visit().get(path).leads_to == f"/sign-in/?next={path}"


@pytest.mark.parametrize("path", PATHS)
def test_it_has_no_page_for_what_does_not_exist(browser, path):
    assert browser.post(f"/keys/{NOBODY}/{path}").status == 404


def test_it_refuses_a_wrong_method(browser, old, new):
    assert browser.get(f"/keys/{new.pk}/rotate/finish/").status == 405


@pytest.mark.parametrize("path", PATHS)
def test_it_asks_who_it_is_and_leads_back_to_the_guide(visit, alma, old, new, path):
    page = visit(alma, proven=False).post(f"/keys/{new.pk}/{path}", {"deleted": "on"})
    there = path.replace("finish/", "").replace("/", "%2F")
    assert page.leads_to.endswith(f"?next=%2Fkeys%2F{new.pk}%2F{there}")
    assert {state_of(old), state_of(new)} == {ApiKey.State.ACTIVE}


def test_it_answers_while_ultahost_is_down(browser, sandbox, old, new):
    sandbox.stop()
    for path in ("", "rotate/", "rotate/undo/"):
        assert browser.get(f"/keys/{new.pk}/{path}").status == 200
