from django.http import HttpResponse
from django.views.decorators.http import require_safe

from portal import access, http
from portal.pages import hits
from portal.queries.search import COUNTED, search


@require_safe
def search_page(request: http.Request) -> HttpResponse:
    """The page, or for the dialog its results as options of a list."""
    query = " ".join(request.GET.get("q", "")[:200].replace("\x00", " ").split())
    groups = hits.drawn(
        search(request.user, query),
        query,
        COUNTED,
        open={account.pk for account in access.accounts_to_view(request.user)},
        readable={account.pk for account in access.accounts_to_operate(request.user)},
    )
    found = sum(len(group.hits) for group in groups if group.name != "contacts")  # these lead further
    context = {"groups": groups, "query": query, "found": found}
    return http.page(request, "search/page.html", context, partials={"search-results": "options"})
