"""Indicators: every figure of a month, and the rows that each one stands on."""

from typing import Any

from werkzeug.wrappers import Response

from gateway.console.charts import Chart, chart
from gateway.console.months import Months
from gateway.console.screens import Screen, screen
from gateway.console.visits import Values, Visit, cursor_of
from gateway.desk import Desk
from gateway.policy import Access

READ = Access("figures", "read")


class IndicatorScreens(Desk):
    """Pages of the plan's figures."""

    @screen(Screen(url="/indicators", access=READ))
    def show_indicators(self, visit: Visit) -> Response:
        """Show all figures of a month."""
        found, plan = self._month(visit)
        return visit.show(
            "indicators.html", months=Months(found["month"], plan), items=found["items"]
        )

    @screen(Screen(url="/indicators/<code>", access=READ))
    def show_indicator(self, visit: Visit, code: str) -> Response:
        """Show one figure: state, forecast with its formula, months, evidence."""
        found, plan = self._month(visit)
        item = next((one for one in found["items"] if one["code"] == code), None)
        evidence = visit.part(lambda: self._evidence(visit, code, found["month"]))
        if item is None:
            # The route of the evidence knows how to say that there is no such figure.
            self._evidence(visit, code, found["month"])
        rows = evidence.found or {"items": []}
        return visit.show(
            "indicator.html",
            months=Months(found["month"], plan),
            item=item,
            chart=chart_of(item) if item else None,
            evidence=evidence,
            cursor=cursor_of(rows),
            rule=rule_of(plan, code),
        )

    def _month(self, visit: Visit) -> tuple[Values, Values | None]:
        month = {"month": visit.query.get("month")}
        plan = visit.part(lambda: visit.ask("get_plan"))
        return visit.ask("list_indicators", query=month), plan.found

    def _evidence(self, visit: Visit, code: str, month: str) -> Values:
        query = {"month": month, "cursor": visit.query.get("cursor"), "limit": 100}
        found: Values = visit.ask("list_evidence", query=query, code=code)
        return found


def chart_of(item: Values) -> Chart | None:
    """Return the months of a figure as a chart; None for one that was never measured."""
    series = item.get("series") or []
    if not series:
        return None
    adds_up = item["kind"] == "cumulative"
    name = "cumulative" if adds_up else "actual"
    points = [(one["month"], one[name]) for one in series]
    target = item["target"]
    plan = None if target is None or adds_up else (float(target), float(target))
    return chart(points, plan=plan)


def rule_of(plan: Values | None, code: str) -> dict[str, Any] | None:
    """Return what the plan says of a code: due rule, event types, switches with their readings."""
    if plan is None:
        return None
    row = next((one for one in plan["indicators"] if one["code"] == code), None)
    if row is None:
        return None
    by_number = {one["number"]: one for one in plan["rows"]}
    switches = [one for one in plan["switches"] if one["id"] in row["switches"]]
    return {**row, "wording": by_number.get(row["row"]), "readings": switches}
