"""/metrics: the numbers of every process, as Prometheus reads them (quality.md rule 14)."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from werkzeug.wrappers import Response

from chassis import metrics, reconcile
from chassis.gauges import by
from contracts.catalogue import SERVICES
from gateway.desk import Call, Desk
from gateway.everybody import ask_all
from gateway.policy import METRICS
from gateway.routes import Answer, Spec, route


class Gathered(Collector):
    """Families that are there already, for the library's own exposition."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield from self.families


class MetricsApi(Desk):
    """The route of metrics."""

    @route(
        Spec(
            method="GET",
            url="/metrics",
            access=METRICS,
            answers={200: Answer("All numbers, as text.", media=("text/plain",))},
            refuses=(503,),
        )
    )
    def get_metrics(self, call: Call) -> Response:
        """Return the numbers of the gateway and of every service.

        For an administrator, or for the bearer of AYMAK_METRICS_KEY. `aymak_up` says which
        services answered.
        """
        found = ask_all(self, "metrics").found
        up = {service: float(service in found) for service in SERVICES}
        with self.db.begin() as session:
            differences = by("kind", reconcile.counts(session))
        # `service` is the label that the merging gives to every sample.
        own = metrics.plain([metrics.gauge("differences", "What services differ in.", differences)])
        families = metrics.merged({**found, "gateway": own})
        answered = Metric("aymak_up", "Whether a service answered.", "gauge")
        for service, value in up.items():
            answered.add_sample("aymak_up", {"service": service}, value)
        registry = CollectorRegistry()
        registry.register(Gathered([answered, *families]))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
