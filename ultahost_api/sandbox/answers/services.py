from ultahost_api.sandbox.calls import Call, Refused, ok, page
from ultahost_api.sandbox.catalogue import COMMANDS
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import Row, shown

_OVER = {"Cancelled", "Terminated", "Fraud"}


def get_services(call: Call) -> Payload:
    return page(call, "services", call.account.services)


def get_service(call: Call) -> Payload:
    return ok("Service retrieved successfully", shown(call.owned("services", "serviceid")))


def request_cancellation(call: Call) -> Payload:
    """The status stays: the provider's own nightly run acts on the request."""
    service = call.owned("services", "serviceid")
    if service["_cancellation"]:
        raise Refused(400, "There is an existing request to cancel this service")
    if service["status"] in _OVER:
        raise Refused(400, f"This service is {service['status']} already")
    service["_cancellation"] = call["type"]
    return ok(
        "Cancellation request submitted successfully", {"serviceid": service["id"], "type": call["type"]}
    )


def service_reset_password(call: Call) -> Payload:
    _with_module(call)
    return ok("Service reset password executed successfully", {"result": "success"})


def service_module_custom(call: Call) -> Payload:
    _with_module(call)
    command = call["func_name"]
    if command not in COMMANDS:
        raise Refused(400, f"'{command}' is not an allowed command for this service")
    return ok(f"Service '{command}' executed successfully", {"result": "success"})


def _with_module(call: Call) -> Row:
    service = call.owned("services", "serviceid")
    if not service["_module"]:
        raise Refused(400, "This service has no module")
    if service["status"] != "Active":
        raise Refused(400, "This service is not active")
    return service
