"""How long each search takes on the database of the environment, in one process. Prints JSON.

python -m tests.bench.parts.sought COOKIE TRIES
"""

import json
import sys
from urllib.parse import urlencode

from django.test import Client

from tests.bench.parts import paced  # sets Django up

SEARCHES = (
    *(
        "0000777",
        "example",
        "nothing-of-that-kind",
        "red garden",
        "in",
        "42",
        "company 07",
        "company",
        "36.30",
    ),
    *("347", "#777", "tiny-observatory-5000.example.com", "linux", "invoice 0000777", "gar 7", "pay 0000760"),
)


def main() -> None:
    client = Client(headers={"Host": "localhost"})
    client.cookies.load(sys.argv[1])
    client.get("/search/?q=example")
    asked = {query: f"/search/?{urlencode({'q': query})}" for query in SEARCHES}
    told = {
        query: paced.timed(client, path, int(sys.argv[2]), target="search-results")
        for query, path in asked.items()
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
