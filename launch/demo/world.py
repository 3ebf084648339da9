"""The fictional world: local self-government bodies with their staff, and eight other audiences.

Oblasts, districts and cities bear their real names; municipalities, people and organisations are
invented. Everything is drawn from the seed: the same seed gives the same world.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from contracts.parts import ClientName, Post
from launch.demo import names
from launch.demo.data import load

# How many bodies of each type the year ends with; together the 130 of ToR row 2 and one more.
OKMOTUS, KENESHES, CITY_HALLS, CITY_KENESHES = 68, 34, 17, 12
# Seats for staff, by body type; a body's own number varies around it.
SEATS = {"ayil_okmotu": (4, 7), "aiyl_kenesh": (1, 2), "city_hall": (5, 8), "city_kenesh": (2, 2)}
KYRGYZ_OBLASTS = ("KG-N", "KG-T", "KG-Y", "KG-B", "KG-O", "KG-J")
WITHOUT_EMAIL = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A client of kind organisation; ``seats`` are posts of staff, empty outside LSG."""

    ref: str
    audience: str
    body_type: str
    name: ClientName
    territory: str
    municipality: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str = "ru"
    seats: tuple[Post, ...] = ()
    deputies: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A client of kind person, with the post that the portal knows, if any."""

    ref: str
    audience: str
    name: ClientName
    language: str
    territory: str
    organisation: Organisation | None = None
    post: Post | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def is_deputy(self) -> bool:
        """Whether this is a member of a kenesh: elected, and not counted as staff (switch A4)."""
        return self.post is not None and (self.post.role or "").startswith("kenesh_")

    @property
    def is_staff(self) -> bool:
        """Whether this is somebody employed by a local self-government body."""
        return self.audience == "lsg_bodies" and not self.is_deputy


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A municipality: its name in three languages, its district (None for a city), its oblast."""

    name: tuple[str, str, str]
    rayon: tuple[str, str, str] | None
    oblast: str

    @property
    def municipality(self) -> str:
        """The municipality as the portal writes it, one text for all its bodies."""
        if self.rayon is None:
            return f"город {self.name[0]}"
        return f"айылный аймак {self.name[0]} ({self.rayon[0]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everybody who will register in the year, in no order of time."""

    bodies: tuple[Organisation, ...]
    others: tuple[Organisation, ...]
    people: tuple[Person, ...]


def build(seed: int) -> World:
    """Return the world of a seed."""
    random = Random(f"{seed}:world")
    bodies = _bodies(random)
    others, plans = _others(random)
    people = [*_staff(random, bodies), *_outsiders(random, plans)]
    return World(bodies=tuple(bodies), others=tuple(others), people=tuple(people))


def _places() -> tuple[list[Place], list[Place]]:
    """Return all rural municipalities that could be, and all cities."""
    rural, cities = [], []
    for oblast, content in load("places")["oblasts"].items():
        cities += [Place(name=tuple(city), rayon=None, oblast=oblast) for city in content["cities"]]
        for rayon in content["rayons"]:
            rural += [
                Place(name=tuple(village), rayon=tuple(rayon), oblast=oblast)
                for village in load("places")["villages"]
            ]
    return rural, cities


def _bodies(random: Random) -> list[Organisation]:
    rural, cities = _places()
    villages = random.sample(rural, OKMOTUS)
    halls = random.sample(cities, CITY_HALLS)
    chosen = [
        *(("ayil_okmotu", place) for place in villages),
        *(("aiyl_kenesh", place) for place in villages[:KENESHES]),
        *(("city_hall", place) for place in halls),
        *(("city_kenesh", place) for place in halls[:CITY_KENESHES]),
    ]
    random.shuffle(chosen)
    return [_body(random, kind, place, number) for number, (kind, place) in enumerate(chosen, 1)]


def _body(random: Random, kind: str, place: Place, number: int) -> Organisation:
    words = _words(load("organisations")["bodies"][kind], place)
    language = "ky" if place.oblast in KYRGYZ_OBLASTS and random.random() < 0.8 else "ru"
    return Organisation(
        ref=f"body-{number:04}",
        audience="lsg_bodies",
        body_type=kind,
        name=words,
        territory=place.oblast,
        municipality=place.municipality,
        email=f"{names.latin(place.name[2])}-{kind.replace('_', '-')}-{number}@office.example.org",
        phone=names.phone(number),
        language=language,
        seats=_seats(random, kind),
        deputies=_deputies(random, kind),
    )


def _words(patterns: dict[str, str], place: Place) -> ClientName:
    rayon = place.rayon or ("", "", "")
    values = dict(zip(("ru", "ky", "en"), place.name, strict=True))
    values |= dict(zip(("rayon_ru", "rayon_ky", "rayon_en"), rayon, strict=True))
    return ClientName(**{key: pattern.format(**values) for key, pattern in patterns.items()})


def _seats(random: Random, kind: str) -> tuple[Post, ...]:
    least, most = SEATS[kind]
    posts = load("organisations")["posts"][kind]
    count = random.randint(least, most)
    return tuple(_post(random, posts[number % len(posts)]) for number in range(count))


def _deputies(random: Random, kind: str) -> tuple[Post, ...]:
    if not kind.endswith("kenesh"):
        return ()
    chair, deputy = load("organisations")["deputies"]
    found = [_post(random, chair)] if random.random() < 0.7 else []
    return (*found, *(_post(random, deputy) for _ in range(random.randint(0, 2))))


def _post(random: Random, row: list[str]) -> Post:
    return Post(role=row[0], title=random.choice(row[1:]))


def _staff(random: Random, bodies: list[Organisation]) -> list[Person]:
    found: list[Person] = []
    for body in bodies:
        for post in (*body.seats, *body.deputies):
            number = len(found) + 1
            language = body.language if random.random() < 0.85 else random.choice(("ru", "ky"))
            found.append(
                _person(
                    random,
                    number=1000 + number,
                    audience="lsg_bodies",
                    language=language,
                    place={"organisation": body, "post": post, "territory": body.territory},
                )
            )
    return found


def _person(
    random: Random, *, number: int, audience: str, language: str, place: dict[str, Any]
) -> Person:
    name = names.full_name(random, language)
    has_email = random.random() >= WITHOUT_EMAIL
    return Person(
        ref=f"person-{number:05}",
        audience=audience,
        name=ClientName(surname=name.surname, name=name.name, patronymic=name.patronymic),
        language=language,
        email=names.address(name, number) if has_email else None,
        phone=names.phone(number) if not has_email or random.random() < 0.8 else None,
        **place,
    )


def _others(random: Random) -> tuple[list[Organisation], list[dict[str, Any]]]:
    """Return the organisations of the other audiences, and who is to work in them."""
    found: list[Organisation] = []
    plans: list[dict[str, Any]] = []
    for group in load("organisations")["others"]:
        members = [
            _other(random, group, words, len(found) + at)
            for at, words in enumerate(group["names"], 1)
        ]
        found += members
        plans.append({**group, "members": members})
    return found, plans + load("organisations")["alone"]


def _other(random: Random, group: dict[str, Any], words: list[str], number: int) -> Organisation:
    language = "en" if group["body_type"] == "donor" else random.choice(("ru", "ru", "ky"))
    return Organisation(
        ref=f"org-{number:04}",
        audience=group["audience"],
        body_type=group["body_type"],
        name=ClientName(ru=words[0], ky=words[1], en=words[2]),
        territory=random.choice(list(load("places")["oblasts"])),
        email=f"{names.latin(words[2])[:40].strip('-')}-{number}@info.example.com",
        phone=names.phone(500 + number),
        language=language,
    )


def _outsiders(random: Random, plans: list[dict[str, Any]]) -> list[Person]:
    found: list[Person] = []
    for plan in plans:
        for _ in range(plan["people"]):
            place, language = _outsider_place(random, plan)
            found.append(
                _person(
                    random,
                    number=5000 + len(found),
                    audience=plan["audience"],
                    language=language,
                    place=place,
                )
            )
    return found


def _outsider_place(random: Random, plan: dict[str, Any]) -> tuple[dict[str, Any], str]:
    if "members" not in plan:
        territory = random.choice(list(load("places")["oblasts"]))
        return {"territory": territory}, random.choice(("ru", "ru", "ky", "ky", "ky"))
    organisation = random.choice(plan["members"])
    post = Post(role="other", title=random.choice(random.choice(plan["posts"])))
    place = {"organisation": organisation, "post": post, "territory": organisation.territory}
    return place, organisation.language
