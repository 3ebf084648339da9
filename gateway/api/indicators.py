"""The plan and its figures with their evidence, asked of reporting."""

from urllib.parse import urlencode

from werkzeug.wrappers import Response

from chassis.settings import settings
from gateway import answers
from gateway.desk import Call, Desk
from gateway.masked import EvidenceMasked
from gateway.paging import page
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas import EvidenceQuery, MonthQuery


class IndicatorsApi(Desk):
    """Routes of the plan and its indicators."""

    @route(
        Spec(
            method="GET",
            url="/v1/plan",
            access=Access("figures", "read"),
            answers={200: Answer("The plan.", answers.Anything())},
            refuses=(503,),
        )
    )
    def get_plan(self, call: Call) -> Response:
        """Return the Terms of Reference as a plan: rows, targets, stages, due dates."""
        return call.json(self.ask(call, "reporting", "plan", language=call.language))

    @route(
        Spec(
            method="GET",
            url="/v1/indicators",
            access=Access("figures", "read"),
            query=MonthQuery(),
            answers={200: Answer("The figures of a month.", answers.Indicators())},
            refuses=(404, 503),
        )
    )
    def list_indicators(self, call: Call) -> Response:
        """Return all figures of a month with target, state and forecast.

        ``month`` absent: this month if a plan covers it, else the last month of the newest plan.
        """
        found = self.ask(call, "reporting", "indicators", **call.query, language=call.language)
        for item in found["items"]:
            item["evidence"] = evidence_of(item["code"], found["month"])
        return call.json(found)

    @route(
        Spec(
            method="GET",
            url="/v1/indicators/<code>/evidence",
            access=Access("evidence", "read"),
            query=EvidenceQuery(),
            answers=answers.listed(answers.Evidence, masked=EvidenceMasked),
            refuses=(404, 503),
        )
    )
    def list_evidence(self, call: Call, code: str) -> Response:
        """List the rows behind a figure, each with the event that it stands on."""
        query = {"month": None, "cursor": None, **call.query}
        found = self.ask(call, "reporting", "evidence", code=code, language=call.language, **query)
        return page(call, found)


def evidence_of(code: str, month: str) -> str:
    """Return the address of the rows behind a figure of a month."""
    return f"{settings().public_url}/v1/indicators/{code}/evidence?{urlencode({'month': month})}"
