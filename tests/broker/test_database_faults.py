"""Fault row 11: PostgreSQL gives up in the middle of a transaction, and the work is done whole."""

import pytest

from tests.broker.house import House, eventually
from tests.broker.test_faults import DEAD, applied_once, registration, straight
from tests.conftest import execute

pytestmark = pytest.mark.broker

TIMES = 4
# What a transaction meets after its effect and before its commit, the first few times. A sequence
# is not rolled back, so it counts also what came to nothing.
TROUBLES = {
    "session_ended": "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5);",
    "not_serialisable": "RAISE EXCEPTION 'made up' USING ERRCODE = '40001';",
    "disk_full": "RAISE EXCEPTION 'made up' USING ERRCODE = '53100';",
}
TRIGGER = """
CREATE SEQUENCE troubles;
CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('troubles') <= {times} THEN {trouble} END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trouble BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION trouble();
"""


@pytest.mark.parametrize("trouble", TROUBLES)
def test_it_does_a_transaction_whole_or_not_at_all(trouble, postgres, rabbit, house):
    running: House = house(postgres, rabbit, "clients", "reporting")
    statement = TRIGGER.format(times=TIMES, trouble=TROUBLES[trouble])
    execute(running.databases["clients"].url.replace("+psycopg2", ""), statement)
    running.start("clients")
    running.start("reporting")
    straight(running, [registration(number).to_wire() for number in range(8)])
    applied_once(running, 8)
    assert running.one("clients", "SELECT last_value FROM troubles") >= 8 + TIMES
    assert running.all_alive()


def test_it_goes_on_when_all_sessions_are_ended(postgres, rabbit, house):
    running: House = house(postgres, rabbit, "clients", "reporting")
    running.start("clients")
    running.start("reporting")
    for part in range(3):
        wires = [registration(number).to_wire() for number in range(10 * part, 10 * part + 10)]
        straight(running, wires)
        execute(
            postgres.url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname LIKE '{running.prefix}_%'",
        )
    applied_once(running, 30)
    assert running.one("clients", DEAD) == 0
    eventually(running.all_alive, "all processes live on")
