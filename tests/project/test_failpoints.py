"""Every failpoint in the code is one that a fault test kills at."""

import re

from tests.project import ROOT


def test_it_kills_at_every_failpoint():
    used: set[str] = set()
    for room in ("chassis", "services", "gateway"):
        for path in (ROOT / room).rglob("*.py"):
            used |= set(re.findall(r'failpoint\("([\w.]+)"\)', path.read_text()))
    killed = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert used
    assert {name for name in used if f'"{name}' not in killed} == set()
