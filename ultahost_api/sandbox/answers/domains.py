import html
import re

from ultahost_api.sandbox.calls import Call, Refused, ok, page
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import Row, shown

_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE)


def get_domains(call: Call) -> Payload:
    return page(call, "domains", call.account.domains)


def get_domain(call: Call) -> Payload:
    return ok("Domain retrieved successfully", shown(call.owned("domains", "domainid")))


def update_nameservers(call: Call) -> Payload:
    domain = _registered(call)
    given = {name: call[name] for name in ("ns1", "ns2", "ns3", "ns4", "ns5") if call.get(name)}
    wrong = [name for name, host in given.items() if not _HOST.fullmatch(host)]
    if wrong:
        raise Refused(400, f"{', '.join(wrong)} is not a valid nameserver")
    domain["_nameservers"] = list(given.values())
    return ok("Nameservers updated successfully at the registrar.", {"domainid": domain["id"]} | dict(given))


def manage_domain_lock(call: Call) -> Payload:
    domain = _registered(call)
    domain["_locked"] = call["lockstatus"] == "locked"
    return ok(f"Domain registrar lock successfully set to: {call['lockstatus']}")


def get_epp_code(call: Call) -> Payload:
    """Some registrars hand the code out, HTML-escaped; others mail it, and nothing is shown."""
    code = _registered(call)["_epp"]
    answer = {"na": True} if code is None else {"eppcode": html.escape(code)}
    return ok("EPP Code retrieved successfully", {"result": "success"} | answer)


def toggle_autorenew(call: Call) -> Payload:
    domain = call.owned("domains", "domainid")
    domain["donotrenew"] = 0 if call["autorenew"] else 1
    word = "Enabled" if call["autorenew"] else "Disabled"
    return ok(f"Auto-renew has been successfully {word}.")


def _registered(call: Call) -> Row:
    domain = call.owned("domains", "domainid")
    if domain["status"] != "Active":
        raise Refused(400, f"This domain is {domain['status']} at the registrar")
    return domain
