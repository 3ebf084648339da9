"""The codes that a report may carry, and the parameters that each of them needs.

The figures write codes, the documents turn them into words of `locale/`. The literal types let mypy
and `codec.from_json` refuse an unknown code; a test holds these tables and the three locale files
equal. How a parameter is written follows from its name (`phrases.Phrases.param`): `*_on` is an ISO
date, `month` an ISO month, `amount` a plain decimal with `currency` beside it, `count` chooses the
plural form, `audience`, `body_type`, `role`, `channel` and `kind` are codes of contracts.md
section 5, `audiences` several of them with commas between.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

EvidenceCode = Literal[
    "informed", "body", "staff", "record_confirmed", "record_stale", "import", "note", "notice",
    "inquiry_on_time", "inquiry_late", "inquiry_reopened", "practice", "proposal", "contribution",
    "cost", "report_mailed", "event_counted", "event_short", "protocol", "protocol_missing",
    "poll_opened", "poll_closed", "act", "correction",
]  # fmt: skip
EVIDENCE: Mapping[EvidenceCode, tuple[str, ...]] = MappingProxyType(
    {
        "informed": ("audience", "channel"),
        "body": ("body_type", "municipality", "registered_on"),
        "staff": ("role", "organisation", "registered_on"),
        "record_confirmed": ("confirmed_on",),
        "record_stale": ("confirmed_on",),
        "import": ("count",),
        "note": ("window", "sha256"),
        "notice": ("event", "count"),
        "inquiry_on_time": ("received_on", "due_on", "resolved_on", "count"),
        "inquiry_late": ("received_on", "due_on", "resolved_on", "count"),
        "inquiry_reopened": ("received_on", "reopened_on"),
        "practice": ("municipality", "found_on"),
        "proposal": ("kind", "count"),
        "contribution": ("partner", "amount", "currency"),
        "cost": ("category", "amount", "currency"),
        "report_mailed": ("month", "count", "sha256"),
        "event_counted": ("starts_on", "count", "lsg"),
        "event_short": ("starts_on", "count", "lsg"),
        "protocol": ("number", "signed_on"),
        "protocol_missing": ("closed_on",),
        "poll_opened": ("opens_on",),
        "poll_closed": ("closes_on", "count"),
        "act": ("number", "sha256"),
        "correction": ("reason",),
    }
)

CompanionCode = Literal[
    "audiences", "people_informed", "organisations_informed", "municipalities",
    "in_base_not_registered", "deputies", "records", "records_confirmed", "notices",
    "notices_on_time", "inquiries_received", "inquiries_answered", "on_time", "on_time_share",
    "unique_clients", "reopened", "overdue", "published", "accepted", "national_amount",
    "costs_amount", "share_at_month_end", "recipients", "events_held", "events_short",
    "events_lsg", "events_after_window", "participants", "participants_lsg", "contests_closed",
    "protocols_signed", "rotations", "results", "waiting",
]  # fmt: skip
_PERCENTS = {"on_time_share", "share_at_month_end"}
_AMOUNTS = {"national_amount", "costs_amount"}
COMPANIONS: Mapping[CompanionCode, Literal["count", "percent", "amount"]] = MappingProxyType(
    {
        code: "percent" if code in _PERCENTS else "amount" if code in _AMOUNTS else "count"
        for code in get_args(CompanionCode)
    }
)

ActionCode = Literal[
    "inform_audiences", "study_base", "register_bodies", "register_staff", "invite_registered",
    "confirm_records", "notify_earlier", "resolve_inquiries", "answer_overdue", "find_practices",
    "propose_services", "propose_marketing", "raise_national_share", "mail_report", "hold_events",
    "fill_events", "send_note", "sign_protocols", "rotate_polls", "sign_act", "start_measuring",
]  # fmt: skip
ACTIONS: Mapping[ActionCode, tuple[str, ...]] = MappingProxyType(
    {
        "inform_audiences": ("count", "audiences"),
        "study_base": ("due_on",),
        "register_bodies": ("count", "needed", "due_on"),
        "register_staff": ("count", "needed", "due_on"),
        "invite_registered": ("count",),
        "confirm_records": ("count",),
        "notify_earlier": ("count",),
        "resolve_inquiries": ("count",),
        "answer_overdue": ("count",),
        "find_practices": ("count",),
        "propose_services": ("count",),
        "propose_marketing": ("count",),
        "raise_national_share": ("share", "target"),
        "mail_report": ("month",),
        "hold_events": ("count", "needed", "due_on"),
        "fill_events": ("count",),
        "send_note": ("window", "due_on"),
        "sign_protocols": ("count",),
        "rotate_polls": ("count",),
        "sign_act": ("due_on",),
        "start_measuring": (),
    }
)

CauseCode = Literal[
    "late_fact", "correction", "merge", "merge_undone", "import_rolled_back", "client_changed",
    "inquiry_reopened",
]  # fmt: skip

ReadingCode = Literal[
    "A1.same_date", "A2.bodies", "A3.registered_only", "A4.deputies_apart", "A4.deputies_counted",
    "A5.one_row_each", "A6.before_march", "A7.until_november_end", "A8.any_ten", "A8.lsg_ten",
    "A9.delivered", "A10.resolved_with_answer", "A11.fully_described", "A12.rotation_and_result",
    "A13.window_end", "A14.own_measure", "A15.saturday", "A16.actual_costs",
]  # fmt: skip
READINGS: Mapping[ReadingCode, tuple[int, ...]] = MappingProxyType(
    {
        "A1.same_date": (2,),
        "A2.bodies": (2,),
        "A3.registered_only": (2,),
        "A4.deputies_apart": (2,),
        "A4.deputies_counted": (2,),
        "A5.one_row_each": (6, 7),
        "A6.before_march": (7,),
        "A7.until_november_end": (9,),
        "A8.any_ten": (9,),
        "A8.lsg_ten": (9,),
        "A9.delivered": (1,),
        "A10.resolved_with_answer": (4,),
        "A11.fully_described": (5,),
        "A12.rotation_and_result": (12,),
        "A13.window_end": (10,),
        "A14.own_measure": (2, 3, 8, 11),
        "A15.saturday": (13,),
        "A16.actual_costs": (7,),
    }
)
DEFAULT_READINGS: tuple[ReadingCode, ...] = tuple(
    code for code in READINGS if code not in {"A4.deputies_counted", "A8.lsg_ten"}
)

AwaitedType = Literal[
    "portal_info_delivered", "event_notice_delivered", "contact_logged", "import_committed",
    "note_mailed", "client_added",
    "client_changed", "clients_merged", "merge_undone", "import_rolled_back", "event_announced",
    "inquiry_resolved", "inquiry_reopened", "practice_lead_qualified", "proposal_submitted",
    "resource_attracted", "operating_cost_recorded", "report_mailed", "event_closed",
    "contest_closed", "protocol_signed", "poll_opened", "poll_closed", "poll_results_published",
    "act_signed",
]  # fmt: skip
