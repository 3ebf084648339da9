"""Ground floor: everything that crosses a process boundary.

One frozen dataclass per event and version, one envelope, one catalogue. This room imports the
standard library, marshmallow and marshmallow-dataclass only, so that any room (and a portal's
own test suite) may import it without bringing the rest of the house along.
"""
