"""How long the server takes for a page of the console, and what the first load weighs.

A product of its own with two months of the demo and a base of a million organisations beside
(bench/seed.py; ``BENCH_ORGANISATIONS`` for another size). Pages are asked for in turn over
one kept connection, so that the noise of a shared machine hits all of them; beside each time stands
its ratio to the help page, which asks no service. Aims: p99 under 150 ms, a first load under
250 KB.
"""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles
from urllib.parse import urlencode, urljoin
from uuid import UUID

import requests

from bench.seed import Size, seed
from launch import attached, credentials, databases, trial

ROUNDS = 100
WARM_ROUNDS = 5
AIM_MS, AIM_KB = 150, 250
MONTHS = 2
PART = re.compile(r'(?:href|src)="(/static/[^"#]+)')
IMPORTED = re.compile(r"url\(\"?(/static/[^)\"#]+|[^)\"#:]+\.woff2?)")


@dataclass(frozen=True, slots=True)
class Console:
    """A signed-in browser's view of the product."""

    url: str
    session: requests.Session

    def read(self, path: str) -> requests.Response:
        """Read a page or a part of one; raises for a refusal."""
        answer = self.session.get(self.url + path, timeout=60, stream=True)
        answer.raise_for_status()
        return answer


def run() -> None:
    """Seed, measure, print."""
    size = Size(organisations=int(os.environ.get("BENCH_ORGANISATIONS", 1_000_000)))
    # One person asks for more pages here than a person can.
    os.environ["AYMAK_RATE_SCALE"] = "1000"
    with trial.product("bench-console", months=MONTHS, say=print) as state:
        print(f"seeding {size.organisations:,} organisations ...")
        with attached.product(state) as environment:
            card = seed(databases.urls(attached.read(environment)), size)
        console = sign_in(trial.address(state), credentials.read(state.credentials))
        print("\n".join(table(measure(console, pages(console, card)))))
        print("\n".join(weights(console)))


def sign_in(url: str, first: credentials.Credentials) -> Console:
    """Return a console with the session of the first administrator."""
    session = requests.Session()
    body = {"login": first.admin_login, "password": first.admin_password}
    answer = session.post(f"{url}/v1/session", json=body, timeout=60)
    answer.raise_for_status()
    session.headers["Cookie"] = f"__Host-aymak={answer.json()['token']}"
    session.headers["Accept"] = "text/html"
    return Console(url, session)


def pages(console: Console, card: UUID) -> dict[str, str]:
    """Return the pages to measure by name: their paths."""
    first = console.read("/organisations").text
    later = re.search(r'href="(/organisations\?[^"]*cursor=[^"]+)"', first)
    assert later is not None, "the list of organisations has one page only"
    return {
        "help": "/help",
        "Today": "/",
        "Organisations": "/organisations",
        "Organisations, a later page": later[1].replace("&amp;", "&"),
        "Organisations, newest first": "/organisations?sort=-registered",
        "Organisations, filtered": "/organisations?audience=lsg_bodies&territory=KG-C",
        "Organisations, found": "/organisations?" + urlencode({"q": "Кызыл № 12345"}),
        "A card of 5,000 lines": f"/organisations/{card}",
        "Its timeline": f"/organisations/{card}?tab=timeline",
        "Inquiries": "/inquiries?state=open&sort=due",
        "Inquiries, all": "/inquiries",
        "Search of all": "/search?" + urlencode({"q": "Кызыл"}),
    }


def measure(console: Console, paths: dict[str, str]) -> dict[str, list[float]]:
    """Return the milliseconds of each page, asked for in turn."""
    found: dict[str, list[float]] = {name: [] for name in paths}
    for turn in range(WARM_ROUNDS + ROUNDS):
        for name, path in paths.items():
            began = time.perf_counter()
            assert console.read(path).content
            if turn >= WARM_ROUNDS:
                found[name].append((time.perf_counter() - began) * 1000)
    return found


def table(found: dict[str, list[float]]) -> Iterator[str]:
    """Yield the lines of the table of times, in milliseconds."""
    plain = median(found["help"])
    yield f"\n{'page':30} {'p50 ms':>8} {'p99 ms':>8} {'x help':>8}   aim: p99 < {AIM_MS} ms"
    for name, times in found.items():
        p99 = quantiles(times, n=100)[98]
        mark = "" if p99 < AIM_MS else "  not reached"
        yield f"{name:30} {median(times):8.0f} {p99:8.0f} {median(times) / plain:8.1f}{mark}"


def weights(console: Console) -> Iterator[str]:
    """Yield the lines of what a browser loads for Today the first time, as it is sent."""
    page, size = _sent(console, "/")
    sizes = {"/": size}
    waiting = PART.findall(page)
    while waiting:
        path = waiting.pop()
        if path not in sizes:
            content, sizes[path] = _sent(console, path)
            waiting += [urljoin(path, each) for each in IMPORTED.findall(content)]
    yield f"\nfirst load, compressed, KB: aim < {AIM_KB}"
    for path, size in sizes.items():
        yield f"{path.split('?')[0][-40:]:40} {size / 1024:8.1f}"
    yield f"{f'{len(sizes)} requests':40} {sum(sizes.values()) / 1024:8.1f}"


def _sent(console: Console, path: str) -> tuple[str, int]:
    """Return the text of a page or part and how many bytes came over the wire."""
    answer = console.read(path)
    raw = answer.raw.read(decode_content=False)
    again = console.read(path)
    return again.text if "text" in again.headers.get("Content-Type", "") else "", len(raw)
