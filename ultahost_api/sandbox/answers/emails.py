from ultahost_api.sandbox.calls import Call, ok, page
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import shown


def get_emails(call: Call) -> Payload:
    return page(call, "emails", call.account.emails)


def get_email(call: Call) -> Payload:
    return ok("Email retrieved successfully", shown(call.owned("emails", "emailid")))
