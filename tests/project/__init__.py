"""Guards: tests of the project itself (style.md, rule 14)."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
