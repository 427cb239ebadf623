"""What a browser fetches: bytes and requests of a first visit and of the pages after it.

    python -m tests.bench.wire

Counted by the system's Chromium, headers included, on a line of 40 ms and 5 Mbit/s.
"""

from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from tests.bench.parts import report, servers
from tests.browser.conftest import CHROMIUM, QUIET

ROWS = 10_000
LINE = {"offline": False, "latency": 40, "downloadThroughput": 625_000, "uploadThroughput": 625_000}
LATER = (
    "/services/",
    "/domains/",
    "/orders/",
    "/changes/",
    "/",
    "{invoice}",
    "{service}",
    "{domain}",
    "/invoices/",
)
WORDS = (
    "As the system's Chromium counts them, with the heads of the answers, 50 rows on a page. The time "
    "is until something is painted on a line of 40 ms and 5 Mbit/s."
)


def main() -> None:
    with servers.database(ROWS) as on, servers.portal(on) as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        address = f"http://localhost:{server.port}"
        for cookie in on.told["member"].split("; "):
            name, _, value = cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": address}])
        visits = Visits(context, address)
        first = visits.to("/invoices/")
        later = {path: visits.to(path.format(**on.told)) for path in LATER}
        chromium.close()
    most = max(later.values(), key=lambda told: told["bytes"])
    rows = [
        (
            "a first visit to /invoices/",
            "150 kB in 15",
            f"{kilo(first)} in {first['requests']}",
            f"{first['paint']:.0f}",
        ),
        (
            "the largest of the pages after it",
            "15 kB",
            f"{kilo(most)} in {most['requests']}",
            f"{most['paint']:.0f}",
        ),
    ]
    report.say("The wire", WORDS, report.table(("", "aim", "requests", "first paint, ms"), rows))
    for path, told in later.items():
        print(f"  {kilo(told):>8} in {told['requests']:2}, {told['paint']:4.0f} ms  {path}")


class Visits:
    def __init__(self, context: BrowserContext, address: str) -> None:
        self._page, self._address = context.new_page(), address
        self._network = context.new_cdp_session(self._page)
        self._network.send("Network.enable")
        self._network.send("Network.emulateNetworkConditions", LINE)
        self._network.on("Network.responseReceived", self._answered)
        self._network.on("Network.requestServedFromCache", lambda told: self._kept.add(told["requestId"]))
        self._network.on("Network.loadingFinished", self._finished)
        self._kept: set[str] = set()
        self._sizes: dict[str, int] = {}

    def to(self, path: str) -> dict[str, Any]:
        self._kept, self._sizes = set(), {}
        self._page.goto(f"{self._address}{path}", wait_until="networkidle")
        sent = [size for request, size in self._sizes.items() if request not in self._kept]
        paint = self._page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
        )
        return {"bytes": sum(sent), "requests": len(sent), "paint": paint}

    def _answered(self, told: dict[str, Any]) -> None:
        if told["response"].get("fromDiskCache"):
            self._kept.add(told["requestId"])

    def _finished(self, told: dict[str, Any]) -> None:
        self._sizes[told["requestId"]] = told["encodedDataLength"]


def kilo(told: dict[str, Any]) -> str:
    return f"{told['bytes'] / 1000:.0f} kB"


if __name__ == "__main__":
    main()
