import pytest

from portal.acts import first_admin
from portal.models import Role, User

PASSWORD = "a staple of batteries"


@pytest.fixture
def form(db):
    token = first_admin.issue_token()
    return {"token": token, "name": "Dana", "email": "Dana@Example.com", "password": PASSWORD}


def test_it_makes_the_first_admin_and_signs_them_in(visit, form):
    browser = visit()
    assert browser.get("/first-admin/").all("input[name=token]")

    page = browser.post("/first-admin/", form)

    assert (page.status, page.leads_to) == (303, "/")
    dana = User.objects.get()
    assert (dana.email, dana.name, dana.role) == ("dana@example.com", "Dana", Role.ADMIN)
    assert browser.get("/people/").status == 200
    again = visit()
    again.post("/sign-in/", {"login": "dana@example.com", "password": PASSWORD})
    assert again.get("/").status == 200


@pytest.mark.parametrize("token", ["", "guessed", "ünicode", "x" * 101])
def test_it_lets_nobody_in_without_the_token(visit, form, token):
    page = visit().post("/first-admin/", form | {"token": token})

    assert page.status == 422
    assert page.all(".errorlist li")
    assert PASSWORD not in page.html
    assert not User.objects.exists()


@pytest.mark.parametrize("bad", [{"password": "short"}, {"password": "dana@example.com"}, {"email": "dana"}])
def test_it_makes_no_admin_from_a_bad_form_and_keeps_the_token(visit, form, bad):
    assert visit().post("/first-admin/", form | bad).status == 422
    assert not User.objects.exists()

    assert visit().post("/first-admin/", form).status == 303


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_is_closed_once_there_is_a_user(visit, people, form, method):
    people.member("Alma").deactivate()

    page = visit().get("/first-admin/") if method == "get" else visit().post("/first-admin/", form)

    assert page.status == 404
    assert not User.objects.admins().exists()


def test_it_refuses_a_wrong_method(client, db):
    assert client.put("/first-admin/").status_code == 405
