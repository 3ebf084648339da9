"""The databases of a state folder for a command that needs them, whether the product runs or not.

A server of somebody else's, or a private one that runs, is used as it is; a private one that does
not run is started for as long as the command takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.settings import Settings
from launch import environment
from launch.addresses import find
from launch.doctor import whole_environment
from launch.errors import LaunchError
from launch.external import check_database
from launch.postgres import PrivatePostgres
from launch.state import State
from launch.supervisor import sole_owner


@contextmanager
def product(state: State) -> Iterator[dict[str, str]]:
    """Yield the environment of the product's processes, with a database that answers.

    Raises LaunchError when there is none, or when a setting is wrong.
    """
    found = find(state)
    settings = whole_environment(state, found)
    environment.check(settings)
    if found.database_url is None:
        raise LaunchError(f"There is no database in {state.folder} yet. Was --state right?")
    if not found.own_database or _answers(found.database_url):
        check_database(found.database_url)
        yield settings
        return
    log = state.log("postgresql")
    with sole_owner(state), PrivatePostgres(state.folder / "postgresql", log=log) as server:
        yield settings | {"DATABASE_URL": server.url}


def read(settings: dict[str, str]) -> Settings:
    """Return the settings of such an environment."""
    return Settings.from_env(settings)


def _answers(url: str) -> bool:
    try:
        check_database(url)
    except LaunchError:
        return False
    return True
