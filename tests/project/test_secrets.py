"""No secret lies in the repository."""

import re
import subprocess

from tests.project import ROOT

SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|xox[abp]-[\w-]{10,}"
    r"|\ba[ksl]_[A-Za-z0-9_-]{40,}"
)


def test_it_holds_no_key_and_no_token():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    assert len(files) > 100
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if path.is_file() and SECRET.search(path.read_text("utf-8", errors="replace"))
    ]
    assert found == []
