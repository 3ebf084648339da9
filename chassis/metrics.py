"""What this process counts and measures, in Prometheus' words (quality.md rule 14).

The services have no HTTP of their own: their numbers travel as plain lists over RPC and are merged
by the gateway. Labels name types, listeners, routes and states, never a person or an id.
"""

import os
import socket
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric

# Numbers by their labels; without any label by ``()``.
Samples = Mapping[tuple[tuple[str, str], ...], float]

REGISTRY = CollectorRegistry()
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_handled = Counter(
    "aymak_handled",
    "Facts by listener and what became of them; repeated = repeats absorbed.",
    ("listener", "outcome"),
    registry=REGISTRY,
)
_handling = Histogram(
    "aymak_handling_seconds",
    "How long a listener worked on one fact.",
    ("listener",),
    buckets=SECONDS,
    registry=REGISTRY,
)
_redelivered = Counter(
    "aymak_redelivered",
    "Deliveries that the broker had made before.",
    ("queue",),
    registry=REGISTRY,
)
_published = Counter(
    "aymak_published",
    "Messages given to the broker: confirmed or failed.",
    ("exchange", "result"),
    registry=REGISTRY,
)
_requests = Counter(
    "aymak_http_requests",
    "HTTP requests by method, route and status.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
_request_seconds = Histogram(
    "aymak_http_request_seconds",
    "How long an HTTP request took, its body included.",
    ("route",),
    buckets=SECONDS,
    registry=REGISTRY,
)
_calls = Counter(
    "aymak_rpc",
    "Calls answered, by method: ok, refused or failed.",
    ("method", "result"),
    registry=REGISTRY,
)
hub_stall = Gauge(
    "aymak_hub_stall_seconds",
    "The longest that the event loop stood still within the last minute.",
    registry=REGISTRY,
)
hub_stalled = Counter(
    "aymak_hub_stalled_seconds",
    "How long the event loop stood still in all.",
    registry=REGISTRY,
)
_build = Gauge("aymak_build_info", "The version that runs.", ("version",), registry=REGISTRY)


def version() -> str:
    """Return the version of the product, as its pyproject.toml says."""
    text = (Path(__file__).resolve().parent.parent / "pyproject.toml").read_text("utf-8")
    return str(tomllib.loads(text)["project"]["version"])


_build.labels(version()).set(1)


def handled(listener: str, outcome: str, seconds: float | None = None) -> None:
    """Count one fact at a listener; ``seconds`` of work where there was any."""
    _handled.labels(listener, outcome).inc()
    if seconds is not None:
        _handling.labels(listener).observe(seconds)


def redelivered(queue: str) -> None:
    """Count a delivery that the broker had made before."""
    _redelivered.labels(queue).inc()


def published(exchange: str, result: str, count: int = 1) -> None:
    """Count messages given to the broker: ``confirmed`` or ``failed``."""
    _published_number(exchange, result).inc(count)


@lru_cache(maxsize=64)
def _published_number(exchange: str, result: str) -> Counter:
    return _published.labels(exchange, result)


def requested(method: str, route: str, status: int, seconds: float) -> None:
    """Count one HTTP request."""
    counter, histogram = _request_numbers(method, route, status)
    counter.inc()
    histogram.observe(seconds)


@lru_cache(maxsize=1024)
def _request_numbers(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(method, route, str(status)), _request_seconds.labels(route)


def called(method: str, result: str) -> None:
    """Count one answered call: ``ok``, ``refused`` or ``failed``."""
    _calls.labels(method, result).inc()


def gauge(name: str, words: str, samples: Samples) -> Metric:
    """Return numbers read at the moment of asking, e.g. from the database, by their labels."""
    found = Metric(f"aymak_{name}", words, "gauge")
    for labels, value in samples.items():
        found.add_sample(found.name, dict(labels), value)
    return found


def process() -> str:
    """Return the name of this process among its like: two instances count apart."""
    return f"{socket.gethostname()}:{os.getpid()}"


def plain(more: Iterable[Metric] = ()) -> list[dict[str, Any]]:
    """Return all numbers of this process, and ``more``, as plain JSON."""
    return [
        {
            "name": metric.name,
            "words": metric.documentation,
            "type": metric.type,
            "samples": [
                [sample.name, {**sample.labels, "process": process()}, sample.value]
                for sample in metric.samples
                if not sample.name.endswith("_created")
            ],
        }
        for metric in (*REGISTRY.collect(), *more)
    ]


def merged(by_service: dict[str, list[dict[str, Any]]]) -> list[Metric]:
    """Return the numbers of several services as one set, each sample with its ``service``."""
    found: dict[str, Metric] = {}
    for service, families in by_service.items():
        for family in families:
            name = family["name"]
            metric = found.setdefault(name, Metric(name, family["words"], family["type"]))
            for sample, labels, value in family["samples"]:
                metric.add_sample(sample, {"service": service, **labels}, value)
    return [found[name] for name in sorted(found)]
