"""How a figure is shown: its tone, its meter, its value with the target."""

from typing import Any

from gateway.console.words import number, t

Values = dict[str, Any]

TONES = {
    "met": "good",
    "on_track": "info",
    "at_risk": "warn",
    "missed": "bad",
    "not_measured": "none",
}
ICONS = {
    "met": "icon:check",
    "on_track": "icon:trending-up",
    "at_risk": "icon:alert-triangle",
    "missed": "icon:x",
    "not_measured": "icon:circle-dashed",
}


def tone(state: str | None) -> str:
    """Return the colour of a state; the word stands beside it always."""
    return TONES.get(state or "", "none")


def icon_of(state: str | None) -> str:
    """Return the sign of a state."""
    return ICONS.get(state or "", "icon:circle-dashed")


def fact(item: Values) -> float | None:
    """Return what stands against the target: the month's figure, or all so far of a yearly one."""
    found = item["actual"] if item["cumulative"] is None else item["cumulative"]
    return None if found is None else float(found)


def value(item: Values) -> str:
    """Return a figure as text, a share with its sign."""
    return written(item["unit"], fact(item))


def part(item: Values, name: str) -> str:
    """Return one of a figure's numbers as text: ``actual``, ``cumulative``, ``previous_actual``."""
    return written(item["unit"], item[name])


def target(item: Values) -> str:
    """Return the plan as text, empty where there is none."""
    return "" if item["target"] is None else written(item["unit"], item["target"])


def written(unit: str, found: float | None) -> str:
    """Return a number in its unit; a dash for what is not measured."""
    if found is None:
        return number(None)
    text = number(int(found) if found == int(found) else found)
    return t("figure.percent", n=text) if unit == "percent" else text


def share(item: Values) -> float:
    """Return how much of the plan is reached, 0 to 100."""
    found = fact(item)
    if found is None or not item["target"]:
        return 0.0
    return min(100.0, 100.0 * found / float(item["target"]))


FUNCTIONS = {
    "tone": tone,
    "state_icon": icon_of,
    "figure_value": value,
    "figure_target": target,
    "figure_number": part,
    "figure_share": share,
}
