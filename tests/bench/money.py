"""The long run of the money harness: a thousand operations under faults, on a database of its own."""

import logging
import os

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    logging.disable(logging.WARNING)
    from django.conf import settings
    from django.db import connection

    from portal.models import User
    from tests.faults.money import Harness
    from ultahost_api import bell, keys
    from ultahost_api.sandbox import Sandbox

    bell._publish = lambda task, argument, queue: True
    connection.creation.create_test_db(verbosity=0)
    with Sandbox(limit=1_000_000) as sandbox:
        settings.ULTAHOST["API_URL"] = sandbox.url
        account = sandbox.add_account("Acme", "EUR")
        owner = User.objects.create_user("alma@example.com", name="Alma")
        key = keys.add(owner, "Main", sandbox.add_key(account))
        print(Harness(sandbox, account, key, seed=2).run(operations=1000, kills=50, storms=10), flush=True)


if __name__ == "__main__":
    main()
