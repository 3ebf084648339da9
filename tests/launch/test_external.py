"""Servers of others: what is said when they are down or refuse us."""

import time

import pytest

from launch.errors import LaunchError
from launch.external import check_broker, check_database
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit


def test_it_says_that_no_broker_answers(port: int) -> None:
    begun = time.monotonic()
    with pytest.raises(LaunchError, match=f"No broker answers at 127.0.0.1:{port}"):
        check_broker(f"amqp://user:hidden@127.0.0.1:{port}/vhost")
    assert time.monotonic() - begun < 10


def test_it_says_that_no_database_answers(port: int) -> None:
    begun = time.monotonic()
    with pytest.raises(LaunchError, match=f"No database answers at 127.0.0.1:{port}") as caught:
        check_database(f"postgresql://user:hidden@127.0.0.1:{port}/aymak")
    assert time.monotonic() - begun < 10
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("text", ["localhost", "http://host", "amqp:///vhost"])
def test_it_explains_the_form_of_a_broker(text: str) -> None:
    with pytest.raises(LaunchError, match="--broker must look like amqp://"):
        check_broker(text)


@pytest.mark.parametrize("text", ["localhost", "mysql://host/x", "postgresql:///x"])
def test_it_explains_the_form_of_a_database(text: str) -> None:
    with pytest.raises(LaunchError, match="--database must look like postgresql://"):
        check_database(text)


@pytest.mark.broker
def test_it_tells_a_wrong_broker_password(rabbit: PrivateRabbit) -> None:
    check_broker(rabbit.uri)
    with pytest.raises(LaunchError, match="refused the user name or the password"):
        check_broker(rabbit.uri.replace(rabbit.password, "wrong"))
    with pytest.raises(LaunchError, match="no virtual host elsewhere"):
        check_broker(rabbit.uri.rpartition("/")[0] + "/elsewhere")


@pytest.mark.broker
def test_it_names_the_wrong_one_of_several_brokers(rabbit: PrivateRabbit, port: int) -> None:
    away = f"amqp://user:hidden@127.0.0.1:{port}/vhost"
    assert check_broker(f"{rabbit.uri};{rabbit.uri}") == []
    (sentence,) = check_broker(f"{away};{rabbit.uri}")
    assert f"127.0.0.1:{port}" in sentence and "hidden" not in sentence
    with pytest.raises(LaunchError, match=f"127.0.0.1:{rabbit.port} refused the user name"):
        check_broker(f"{away};{rabbit.uri.replace(rabbit.password, 'wrong')}")
    with pytest.raises(LaunchError, match="separated by semicolons"):
        check_broker(f"{rabbit.uri};127.0.0.1:5672")


@pytest.mark.broker
def test_it_tells_a_wrong_database_password(postgres: PrivatePostgres) -> None:
    check_database(postgres.url)
    with pytest.raises(LaunchError, match="refused the user name or the password"):
        check_database(postgres.url.replace(postgres.password, "wrong"))
