"""`python -m bench NAME`: the same as `./aymak bench NAME`."""

import importlib
import pkgutil
import sys

import bench


def names() -> list[str]:
    """Return the benchmarks that there are."""
    found = pkgutil.iter_modules(bench.__path__)
    return sorted(one.name for one in found if not one.ispkg and one.name != "__main__")


def run(name: str | None) -> bool:
    """Run one benchmark; False, and a list of what there is, when it does not exist."""
    if name not in names():
        print(f"Benchmarks: {', '.join(names())}.")
        return name is None
    importlib.import_module(f"bench.{name}").run()
    return True


if __name__ == "__main__":
    sys.exit(0 if run(sys.argv[1] if len(sys.argv) > 1 else None) else 2)
