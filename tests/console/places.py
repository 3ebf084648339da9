"""Every screen of the console with an address that shows something."""

from tests.console.product import Product

# Screens whose address needs nothing.
PLAIN = {
    "show_today": "/",
    "show_inquiries": "/inquiries",
    "show_organisations": "/organisations",
    "show_people": "/people",
    "show_online_events": "/online-events",
    "show_indicators": "/indicators?month=2022-02",
    "show_indicator": "/indicators/R9?month=2022-02",
    "show_reports": "/reports",
    "show_log": "/log?emitter=portal",
    "show_dead_letters": "/dead-letters",
    "show_waiting": "/waiting",
    "show_search": "/search?q=Ала",
    "show_jobs": "/jobs",
    "show_settings": "/settings",
    "show_accounts": "/settings/accounts",
    "show_keys": "/settings/keys",
    "show_mail": "/settings/mail",
    "show_audit": "/settings/audit",
    "show_health": "/settings/health",
    "show_plan": "/settings/plan",
    "show_start": "/start",
    "show_help": "/help",
}
# Screens of one thing: the list of the API that has it, and the console's address.
THINGS = {
    "show_inquiry": ("/v1/inquiries", "/inquiries/{id}"),
    "show_organisation": ("/v1/organisations?body_type=ayil_okmotu", "/organisations/{id}"),
    "show_person": ("/v1/people", "/people/{id}"),
    "show_online_event": ("/v1/events-online?state=held", "/online-events/{id}"),
    "show_report": ("/v1/reports", "/reports/{id}"),
}
TABS = ("timeline", "inquiries", "events", "mails", "consents")


def address(product: Product, name: str) -> str:
    """Return an address of a screen that shows something."""
    if name in PLAIN:
        return PLAIN[name]
    if name == "show_event":
        line = product.api("GET", "/v1/log?type=client_registered&limit=1")["items"][0]
        from urllib.parse import urlencode

        return f"/log/event?{urlencode({'source': line['source'], 'id': line['id']})}"
    asked, shown = THINGS[name]
    return shown.format(id=product.api("GET", asked)["items"][0]["id"])


NAMES = (*PLAIN, *THINGS, "show_event")
