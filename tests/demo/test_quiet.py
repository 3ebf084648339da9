"""When the world counts as quiet."""

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from launch.demo import quiet
from launch.errors import LaunchError

AT = datetime(2022, 3, 4, 6, 30, tzinfo=UTC)
POSTED = Counter({"inquiry_opened": 2})


def service(**received: int) -> dict:
    return {
        "outbox": 0,
        "inbox": {"waiting": 0, "failed": 0, "dead": 0, "due": 0},
        "mail": {"queued": 0},
        "jobs_due": 0,
        "ticked_for": AT.isoformat(),
        "received": {key.replace("__", "."): count for key, count in received.items()},
        "emitted": {},
    }


def world() -> dict:
    """Two inquiries were posted and accepted; everybody has heard of all that concerns them."""
    found = {name: service() for name in ("clients", "notifications", "feedback", "reporting")}
    found["feedback"] = service(portal__inquiry_opened=2)
    found["feedback"]["emitted"] = {"feedback.inquiry_accepted": 2}
    found["notifications"] = service(feedback__inquiry_accepted=2)
    found["reporting"] = service(portal__inquiry_opened=2, feedback__inquiry_accepted=2)
    return found


def test_it_is_quiet_when_all_is_heard():
    assert quiet.unsettled(world(), POSTED, at=AT) == []


def test_it_does_not_mind_what_others_post_meanwhile():
    busy = world()
    busy["reporting"]["received"]["portal.inquiry_opened"] = 3
    assert quiet.unsettled(busy, POSTED, at=AT) == []


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("feedback", {"received": {}}, "feedback has received 0 of 2 portal.inquiry_opened"),
        ("notifications", {"received": {}}, "notifications has received 0 of 2 feedback.inquiry"),
        ("clients", {"outbox": 4}, "clients has 4 facts to send"),
        ("clients", {"inbox": {"waiting": 0, "failed": 1, "dead": 0, "due": 0}}, "to try again"),
        ("notifications", {"mail": {"queued": 7}}, "notifications has 7 mails to send"),
        ("reporting", {"jobs_due": 1}, "reporting has 1 jobs to do"),
        ("reporting", {"ticked_for": None}, "the timers of reporting"),
        ("feedback", {"ticked_for": "2022-03-04T06:29:59+00:00"}, "the timers of feedback"),
        ("feedback", {"away": True}, "feedback is away"),
    ],
)
def test_it_says_what_is_not_quiet(name, change, words):
    busy = world()
    busy[name] |= change
    left = quiet.unsettled(busy, POSTED, at=AT)
    assert any(words in line for line in left), left


class Asked:
    """An administrator who is answered with one status after the other."""

    def __init__(self, *answers: dict) -> None:
        self.answers = list(answers)

    def get(self, path: str, **query: str) -> dict:
        assert (path, query) == ("/v1/status", {"counts": "1"})
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return {"services": found}


def changed(name: str, **inbox: int) -> dict:
    found = deepcopy(world())
    found[name]["inbox"] |= inbox
    return found


def test_it_waits_until_the_world_is_quiet():
    busy = changed("clients", due=1)
    assert quiet.Watch(Asked(busy, busy, world())).wait(POSTED, at=AT) == world()


def test_it_waits_for_facts_that_have_crossed():
    crossed = changed("clients", waiting=1)
    assert quiet.Watch(Asked(crossed, crossed, world())).wait(POSTED, at=AT) == world()


def test_it_does_not_wait_for_what_comes_before_its_client():
    early = changed("clients", waiting=1)
    watch = quiet.Watch(Asked(early), seconds=0)
    assert watch.wait(POSTED, at=AT, early=Counter(clients=1)) == early
    with pytest.raises(LaunchError, match="facts wait for others"):
        watch.wait(POSTED, at=AT, early=Counter(notifications=1))


def test_it_does_not_wait_for_ever_for_what_others_left_waiting():
    orphaned = changed("feedback", waiting=1)
    watch = quiet.Watch(Asked(orphaned), crossed_seconds=0)
    assert watch.wait(POSTED, at=AT) == orphaned
    watch.crossed_seconds = 60
    assert watch.wait(POSTED, at=AT) == orphaned
    assert watch.orphans["feedback"] == 1


def test_it_gives_up_with_a_sentence():
    watch = quiet.Watch(Asked(changed("clients", due=1)), seconds=0)
    with pytest.raises(LaunchError, match=r"within 0 s at .*: clients has 1 facts to try again"):
        watch.wait(POSTED, at=AT)


def test_it_counts_dead_letters():
    found = world()
    found["clients"]["inbox"]["dead"] = 2
    assert quiet.dead(found) == 2
