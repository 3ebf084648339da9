"""The catalogue, the code and the docs say the same of every event, in both directions."""

import importlib
import inspect

import pytest

from contracts import catalogue, pages
from contracts.examples import FOLDER
from tests.project import ROOT

SERVICES = {name: f"services.{name}.service" for name in catalogue.SERVICES}


def heard_in_code(service: str) -> set[str]:
    """Return ``emitter.type`` of every ``@listens`` of a service; "everything" for a journal."""
    module = importlib.import_module(SERVICES[service])
    [service_class] = [
        item
        for _, item in inspect.getmembers(module, inspect.isclass)
        if item.__module__ == module.__name__ and getattr(item, "name", None) == service
    ]
    methods = [getattr(service_class, name) for name in dir(service_class)]
    marked = [method for method in methods if getattr(method, "listens", False)]
    return {
        f"{item.contract.emitter}.{item.contract.type}" if item.contract else "everything"
        for item in marked
    }


@pytest.mark.parametrize("service", catalogue.SERVICES)
def test_it_listens_to_what_the_catalogue_says_and_to_nothing_else(service):
    listed = {f"{item.emitter}.{item.type}" for item in catalogue.listened_to_by(service)}
    journal = {"everything"} if service == catalogue.JOURNAL else set()
    assert heard_in_code(service) == listed | journal


def test_it_has_one_golden_example_per_contract_and_no_other():
    expected = {contract.example_name for contract in catalogue.contracts()}
    assert {path.name for path in FOLDER.glob("*.json")} == expected


def test_it_has_the_generated_page_of_events():
    assert (ROOT / "docs" / "events.md").read_text() == pages.document(), (
        "run: python -m contracts.pages > docs/events.md"
    )


def test_it_documents_every_event():
    for contract in catalogue.contracts():
        assert (contract.data_class.__doc__ or "").strip().endswith("."), contract.type
