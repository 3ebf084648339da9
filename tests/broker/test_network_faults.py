"""Fault row 18: what lies between us and the broker, the database, the mail relay goes bad."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sqlalchemy.engine import make_url

from chassis.mail import MailRefused
from chassis.smtp import SmtpMailer
from contracts.envelope import Event
from tests.broker.house import House, eventually
from tests.broker.test_faults import APPLIED, applied_once, registration, straight
from tests.proxy import Proxy, Toxic
from tests.sink import Sink

TOXICS = {
    "latency": Toxic(latency=0.5),
    "bandwidth": Toxic(bandwidth=10_000),
    "slow_close": Toxic(slow_close=3, limit=3_000),
    "black_hole": Toxic(black_hole=True),
    "reset_peer": Toxic(reset=True),
    "slicer": Toxic(slicer=7),
    "limit_data": Toxic(limit=2_000),
}
# The promise is 5 seconds for an answer; the bound is wider, because machines are shared.
BOUND = 12.0


@pytest.mark.broker
def test_it_accepts_or_refuses_in_time_whatever_the_way_to_the_broker(postgres, rabbit, house):
    """All toxics one after another: an answer in bounded time, and every 202 is kept."""
    running: House = house(postgres, rabbit, "gateway", "clients")
    with Proxy(rabbit.port) as proxy:
        away = make_url(rabbit.uri).set(port=proxy.port).render_as_string(hide_password=False)
        for name in running.services:
            running.start(name, AMQP_URI=away)
        eventually(running.is_up, "the gateway is up")
        running.post_until_accepted(registration(999))
        count = 1
        for number, toxic in enumerate(TOXICS.values()):
            proxy.toxic = toxic
            answers = [timed(running, 10 * number + one) for one in range(2)]
            assert set(answers) <= {202, 503}
            proxy.toxic = Toxic()
            for one in range(2):
                running.post_until_accepted(once(10 * number + one))
            count += 2
        applied_once(running, count)
        assert running.all_alive()


@pytest.mark.broker
def test_it_applies_once_whatever_the_way_to_the_database(postgres, rabbit, house):
    """All toxics one after another, each in the middle of the work."""
    running: House = house(postgres, rabbit, "clients", "reporting")
    with Proxy(postgres.port) as proxy:
        away = make_url(running.url).set(port=proxy.port).render_as_string(hide_password=False)
        running.start("clients", DATABASE_URL=away)
        running.start("reporting")
        for number, toxic in enumerate(TOXICS.values()):
            proxy.toxic = toxic
            straight(running, [registration(10 * number + one).to_wire() for one in range(3)])
            time.sleep(1)
            proxy.toxic = Toxic()
            done = 3 * (number + 1)
            eventually(lambda n=done: running.one("clients", APPLIED) == n, f"{done} applied")
        applied_once(running, 3 * len(TOXICS))
        assert running.all_alive()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail relay that says yes."""
    with Sink() as relay:
        yield relay


@pytest.mark.parametrize("toxic", TOXICS)
def test_it_hands_a_mail_over_or_says_why_not_in_bounded_time(toxic, sink):
    """What is refused is refused for now, and the next mail over a whole network passes."""
    with Proxy(sink.port) as proxy:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{proxy.port}?starttls=never", timeout=2)
        mailer.send(b"Subject: 0\r\n\r\nx\r\n", "a@example.kg", "b@example.kg")
        proxy.toxic = TOXICS[toxic]
        began = time.monotonic()
        try:
            mailer.send(b"Subject: 1\r\n\r\n" + b"x\r\n" * 1_000, "a@x.kg", "b@x.kg")
        except MailRefused as refused:
            assert not refused.permanent
        assert time.monotonic() - began < BOUND
        proxy.toxic = Toxic()
        with contextlib.suppress(MailRefused):
            mailer.send(b"Subject: 2\r\n\r\nx\r\n", "a@example.kg", "b@example.kg")
        mailer.send(b"Subject: 3\r\n\r\nx\r\n", "a@example.kg", "b@example.kg")
        mailer.close()
    assert sink.subjects[0] == "0" and sink.subjects[-1] == "3"


def once(number: int) -> Event[Any]:
    """Return a registration with the same id each time."""
    return registration(number, id=f"net-{number}")


def timed(running: House, number: int) -> int:
    """Post a registration and return the answer's status; fail when it took too long."""
    began = time.monotonic()
    try:
        status = running.post(once(number).to_wire()).status_code
    except requests.RequestException as problem:
        raise AssertionError("the gateway gave no answer") from problem
    assert time.monotonic() - began < BOUND
    return status
