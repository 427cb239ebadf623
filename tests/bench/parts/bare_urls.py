"""What the portal's pages are measured against: a bare view, a bare table, and the admin's changelist."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from ultahost_api.models import Invoice

ROWS = engines["django"].from_string(
    "<table>{% for i in rows %}<tr><td>{{ i.number }}</td><td>{{ i.status }}</td>"
    "<td>{{ i.account.name }}</td><td>{{ i.date }}</td><td>{{ i.due_date }}</td>"
    "<td>{{ i.total }} {{ i.currency }}</td></tr>{% endfor %}"
    "</table>"
)


class Site(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated


class InvoiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("number", "status", "account", "date", "due_date", "total")
    list_filter = ("status",)
    list_per_page = 50
    list_select_related = ("account",)
    search_fields = ("number",)
    ordering = ("-date", "-remote_id")

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return True

    # The portal's people have no permissions of Django's.
    has_add_permission = has_change_permission = has_delete_permission = has_view_permission
    has_module_permission = has_view_permission


site = Site()
site.register(Invoice, InvoiceAdmin)


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"Good morning {request.user}")


def rows(request: HttpRequest) -> HttpResponse:
    listed = Invoice.objects.select_related("account").order_by("-date", "-remote_id")[:50]
    return HttpResponse(ROWS.render({"rows": listed}, request))


urlpatterns = [path("bare/", bare), path("rows/", rows), path("admin/", site.urls)]
