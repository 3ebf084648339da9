"""All screens together, for the gateway's service."""

from gateway.console.indicators import IndicatorScreens
from gateway.console.organisations import OrganisationScreens
from gateway.console.sign_in import SignInScreens
from gateway.console.static import StaticFiles
from gateway.console.today import TodayScreens


class ConsoleScreens(
    TodayScreens,
    IndicatorScreens,
    OrganisationScreens,
    SignInScreens,
    StaticFiles,
):
    """The pages of the console."""
