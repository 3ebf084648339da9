"""Sign-in and sign-out of staff: opaque tokens, used as `Authorization: Bearer …` (S3, S4, S8)."""

from eventlet import tpool
from werkzeug.wrappers import Response

from gateway import accounts, answers
from gateway.desk import Call, Desk, bounded
from gateway.routes import Answer, Spec, route
from gateway.schemas import SignIn
from gateway.secrets_kept import check_password

# Each thread keeps the 19 MiB that a comparison takes; the twenty of the default kept 380.
tpool.set_num_threads(2)


def check_off_hub(kept: str | None, password: str) -> bool:
    """Compare in a thread of the operating system: argon2 would hold up everybody (F32)."""
    return bool(tpool.execute(check_password, kept, password))


class SessionApi(Desk):
    """Routes of the session."""

    @route(
        Spec(
            method="POST",
            url="/v1/session",
            access="open",
            body=SignIn(),
            answers={201: Answer("Signed in; the token is shown once.", answers.SessionMade())},
            refuses=(401, 429, 503),
        )
    )
    def post_session(self, call: Call) -> Response:
        """Sign in.

        The same 401 for an unknown login and a wrong password. After five attempts from one
        address on one login within 15 minutes: 429. A session ends after 30 idle minutes, at the
        latest after 12 hours.
        """
        with bounded():
            made = accounts.sign_in(
                self.db,
                call.body["login"],
                call.body["password"],
                address=call.request.remote_addr or "",
                check=check_off_hub,
            )
        return call.json({"token": made.token, "expires_at": made.expires_at.isoformat()}, 201)

    @route(
        Spec(
            method="DELETE",
            url="/v1/session",
            access="administrator",
            answers={204: Answer("Signed out.", media=())},
            refuses=(503,),
        )
    )
    def delete_session(self, call: Call) -> Response:
        """Sign out; the token ends at once."""
        with bounded():
            accounts.sign_out(self.db, call.staff.token)
        return Response(status=204, headers={}, mimetype=None, content_type="")

    @route(
        Spec(
            method="GET",
            url="/v1/me",
            access="administrator",
            answers={200: Answer("Who is signed in.", answers.Me())},
            refuses=(503,),
        )
    )
    def get_me(self, call: Call) -> Response:
        """Say who is signed in, in which role, and until when at the latest."""
        who = call.staff
        return call.json({"login": who.name, "role": who.role, "expires_at": who.expires_at})
