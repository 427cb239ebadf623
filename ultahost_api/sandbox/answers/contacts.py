from ultahost_api.sandbox.calls import Call, Refused, ok, page
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import PREFERENCES, Row, moment, shown

_PERSON = (
    "firstname", "lastname", "companyname", "email", "address1", "address2", "city", "state",
    "postcode", "country", "phonenumber", "tax_id",
)  # fmt: skip


def get_contacts(call: Call) -> Payload:
    return page(call, "contacts", call.account.contacts)


def get_contact(call: Call) -> Payload:
    return ok("Contact retrieved successfully", shown(call.owned("contacts", "contactid")))


def create_contact(call: Call) -> Payload:
    _check_email(call, itself=0)
    blank = dict.fromkeys(_PERSON, "")
    (contact,) = call.account.add_contacts(**blank | call.parameters)
    mails = {f"{name}emails": contact[f"{name}emails"] for name in PREFERENCES}
    details = {"clientid": contact["userid"]} | _details(contact) | mails
    return ok("Contact created successfully", {"contact_id": contact["id"], "details": details})


def update_contact(call: Call) -> Payload:
    contact = call.owned("contacts", "contactid")
    _check_email(call, itself=contact["id"])
    given = {name: value for name, value in call.parameters.items() if name != "contactid"}
    contact |= given | {"updated_at": moment()}
    return ok("Contact updated successfully", {"contactid": contact["id"]} | _details(contact))


def delete_contact(call: Call) -> Payload:
    contact = call.owned("contacts", "contactid")
    del call.account.contacts[contact["id"]]
    return ok("Contact deleted successfully")


def _check_email(call: Call, itself: int) -> None:
    email = call.get("email")
    if email is None:
        return
    if "@" not in email:
        raise Refused(400, "The email address you entered was not valid")
    others = (row for row in call.account.contacts.values() if row["id"] != itself)
    if any(row["email"].casefold() == email.casefold() for row in others):
        raise Refused(400, "Duplicate Email Address")


def _details(contact: Row) -> Row:
    """Here the preferences are an object; in update_account they are JSON inside a string."""
    preferences = {name: contact[f"{name}emails"] for name in PREFERENCES}
    return {name: contact[name] for name in _PERSON} | {"email_preferences": preferences}
