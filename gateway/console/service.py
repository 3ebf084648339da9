"""All screens together, for the gateway's service."""

from gateway.console.bulk import BulkScreens
from gateway.console.dead_letters import DeadLetterScreens
from gateway.console.drafts import DraftScreens
from gateway.console.indicators import IndicatorScreens
from gateway.console.inquiries import InquiryScreens
from gateway.console.log import LogScreens
from gateway.console.online_events import OnlineEventScreens
from gateway.console.operation import OperationScreens
from gateway.console.organisations import OrganisationScreens
from gateway.console.people import PersonScreens
from gateway.console.reports import ReportScreens
from gateway.console.search import SearchScreens
from gateway.console.settings import SettingsScreens
from gateway.console.sign_in import SignInScreens
from gateway.console.start import StartScreens
from gateway.console.static import StaticFiles
from gateway.console.today import TodayScreens
from gateway.console.views import ViewScreens


class ConsoleScreens(
    TodayScreens,
    InquiryScreens,
    IndicatorScreens,
    DraftScreens,
    OrganisationScreens,
    PersonScreens,
    ViewScreens,
    BulkScreens,
    OnlineEventScreens,
    ReportScreens,
    LogScreens,
    DeadLetterScreens,
    SearchScreens,
    SettingsScreens,
    OperationScreens,
    StartScreens,
    SignInScreens,
    StaticFiles,
):
    """The pages of the console."""
