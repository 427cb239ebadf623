import pytest

from portal.acts import first_admin
from portal.models import FirstAdminToken, Role, User

pytestmark = pytest.mark.django_db

ADA = {"email": "Ada@Example.com", "name": "Ada", "password": "correct horse battery"}


def test_it_makes_the_first_admin_once():
    token = first_admin.issue_token()
    ada = first_admin.create(f" {token}\n", **ADA)
    assert (ada.role, ada.email, ada.is_admin) == (Role.ADMIN, "ada@example.com", True)
    assert ada.check_password("correct horse battery")
    assert not FirstAdminToken.objects.exists()
    with pytest.raises(first_admin.WrongToken):
        first_admin.create(token, email="eve@example.com", name="Eve", password="x")
    assert User.objects.count() == 1


@pytest.mark.parametrize("wrong", ["", "x", "ü", None])
def test_it_refuses_a_wrong_token_and_keeps_the_right_one(wrong):
    token = first_admin.issue_token()
    with pytest.raises(first_admin.WrongToken):
        first_admin.create(token[:-1] if wrong is None else wrong, **ADA)
    assert not User.objects.exists()
    assert first_admin.create(token, **ADA)


def test_it_refuses_everything_before_a_token_was_issued():
    with pytest.raises(first_admin.WrongToken):
        first_admin.create("", **ADA)


def test_it_takes_only_the_token_of_the_last_start():
    first, second = first_admin.issue_token(), first_admin.issue_token()
    with pytest.raises(first_admin.WrongToken):
        first_admin.create(first, **ADA)
    assert first_admin.create(second, **ADA)


def test_it_is_closed_once_there_is_anybody(people):
    token = first_admin.issue_token()
    people.member("Mia")
    assert not first_admin.is_open()
    assert first_admin.issue_token() is None
    with pytest.raises(first_admin.WrongToken):
        first_admin.create(token, **ADA)


def test_it_stays_closed_when_everybody_was_deactivated(people):
    mia = people.member("Mia")
    mia.deactivate()
    assert first_admin.issue_token() is None


def test_it_keeps_a_hash_alone():
    token = first_admin.issue_token()
    assert token not in str(FirstAdminToken.objects.values())
    assert len(token) >= 32
