from portal.models import Product, User
from portal.running import demo
from ultahost_api.models import Account, ApiKey
from ultahost_api.sandbox.team import DEMO_KEYS


def test_it_fills_in_a_team_once_and_leaves_it_as_it_was_left(sandbox, rung, db):
    for name, currency in [("alma", "EUR"), ("ben", "USD"), ("dana", "GBP")]:
        account = sandbox.add_account(name, currency)
        sandbox.add_key(account, DEMO_KEYS[name])
        if name == "alma":
            sandbox.add_key(account, DEMO_KEYS["carla"])

    logins = demo.fill()
    User.objects.filter(email="ben@example.com").update(name="Benjamin")
    Product.objects.exclude(remote_id=1).delete()
    asked = len(sandbox.requests)

    assert demo.fill() == logins
    assert [login.role for login in logins] == ["Admin", "Member", "Member", "Member", "Billing"]
    assert (Account.objects.count(), ApiKey.objects.active().count()) == (3, 4)
    assert User.objects.get(email="ben@example.com").name == "Benjamin"
    assert Product.objects.count() == 1
    assert len(sandbox.requests) == asked
