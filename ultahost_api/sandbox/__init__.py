"""A stand-in Ultahost that keeps state and misbehaves on demand.

Of the client it knows the table of actions, and otherwise the standard library alone.

    with Sandbox(limit=20, window=10.0) as sandbox:
        account = sandbox.add_account(company="Acme", currency="EUR")
        account.add_invoices(600, status="Unpaid")
        client = Client(sandbox.add_key(account), base_url=sandbox.url)

As a process of its own: ``python -m ultahost_api.sandbox --port 8001``.
"""

from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.faults import Fault
from ultahost_api.sandbox.log import RequestSeen
from ultahost_api.sandbox.rows import CANARY
from ultahost_api.sandbox.sandbox import Sandbox
from ultahost_api.sandbox.state import Done

__all__ = ["CANARY", "Account", "Done", "Fault", "RequestSeen", "Sandbox"]
