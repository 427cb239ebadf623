from ultahost_api.sandbox.calls import Call, Refused, ok, page
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import shown


def get_announcements(call: Call) -> Payload:
    return page(call, "announcements", call.state.announcements)


def get_announcement(call: Call) -> Payload:
    found = call.state.announcements.get(call["announcementid"])
    if found is None:
        raise Refused(404, "Announcement not found")
    return ok("Announcement retrieved successfully", shown(found))
