import json

from ultahost_api.sandbox.calls import Call, Refused, ok
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import PREFERENCES, Row, moment, shown

_PERSON = (
    "firstname", "lastname", "companyname", "email", "address1", "address2", "city", "state",
    "postcode", "country", "phonenumber",
)  # fmt: skip
_SETTINGS = ("defaultgateway", "billingcid", "language", "marketing_emails_opt_in", "emailoptout")


def get_profile(call: Call) -> Payload:
    return ok("Profile retrieved successfully", shown(call.account.profile))


def update_account(call: Call) -> Payload:
    profile = call.account.profile
    given = dict(call.parameters)
    preferences = given.pop("email_preferences", {})
    _check(call, given, preferences)
    profile["_email_preferences"].update(preferences)
    for name, value in given.items():
        profile[name if name in profile else f"_{name}"] = value
    profile["updated_at"] = moment()
    return ok("Account details updated successfully", _details(profile))


def _check(call: Call, given: Row, preferences: Row) -> None:
    blank = [name for name in ("firstname", "lastname", "email") if given.get(name, "-") == ""]
    if blank:
        raise Refused(400, f"{', '.join(blank)} cannot be empty")
    if any(name not in PREFERENCES or str(value) not in {"0", "1"} for name, value in preferences.items()):
        raise Refused(400, f"email_preferences takes 0 or 1 for {', '.join(PREFERENCES)}")
    contact = given.get("billingcid", 0)
    if contact and contact not in call.account.contacts:
        raise Refused(400, "billingcid is not one of your contacts")


def _details(profile: Row) -> Row:
    answer = {name: profile[name] for name in _PERSON}
    answer |= {name: profile.get(name, profile.get(f"_{name}")) for name in _SETTINGS}
    # Here, and only here, the preferences are JSON inside a string.
    answer["email_preferences"] = json.dumps(profile["_email_preferences"], separators=(",", ":"))
    answer["updated_at"] = profile["updated_at"]
    return answer


def change_password(call: Call) -> Payload:
    if call["existingpw"] != call.account.password:
        raise Refused(400, "Your existing password was incorrect")
    if call["newpw"] != call["confirmpw"]:
        raise Refused(400, "The passwords you entered did not match")
    call.account.password = call["newpw"]
    return ok("Password changed successfully")
