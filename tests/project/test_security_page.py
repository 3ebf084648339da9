"""docs/security.md answers every rule S1-S21 with code and a test that exist."""

import re

from gateway import policy
from tests.project import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = re.findall(r"^\| (S\d+) [^|]*\|([^|]*)\|([^|]*)\|$", PAGE, re.MULTILINE)


def test_it_answers_every_rule_with_files_that_exist():
    assert [row[0] for row in ROWS] == [f"S{number}" for number in range(1, 22)]
    for rule, code, tests in ROWS:
        named = re.findall(r"`((?:\w+/)+\w+\.py)`", code + tests)
        assert [path for path in named if not (ROOT / path).is_file()] == [], rule
        assert "tests/" in tests or tests.strip() == "–", rule


def test_it_names_every_role_in_the_order_of_its_table():
    head = next(line for line in PAGE.splitlines() if line.startswith("| | portal"))
    assert [cell.strip() for cell in head.split("|")[2:-1]] == ["portal", *policy.STAFF]
