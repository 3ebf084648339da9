"""Sign-in and sign-out of staff: opaque tokens, used as `Authorization: Bearer …` (S3, S4, S8)."""

from werkzeug.wrappers import Response

from gateway import account_links, accounts, answers, audit, off_hub, policy
from gateway.desk import Call, Desk, bounded
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas import OwnPassword, SignIn


class SessionApi(Desk):
    """Routes of the session."""

    @route(
        Spec(
            method="POST",
            url="/v1/session",
            access="open",
            body=SignIn(),
            answers={201: Answer("Signed in; the token is shown once.", answers.SessionMade())},
            refuses=(401, 503),
            pace="sign_in",
        )
    )
    def post_session(self, call: Call) -> Response:
        """Sign in.

        The same 401 for an unknown login and a wrong password. After five attempts from one
        address on one login: 429, with waits that grow. A session ends after 30 idle minutes, at
        the latest after 12 hours.
        """
        with bounded():
            made = accounts.sign_in(
                self.db,
                call.body["login"],
                call.body["password"],
                address=call.address,
                hashing=off_hub.HASHING,
            )
        return call.json({"token": made.token, "expires_at": made.expires_at.isoformat()}, 201)

    @route(
        Spec(
            method="DELETE",
            url="/v1/session",
            access=Access("session", "use"),
            answers={204: Answer("Signed out.", media=())},
            refuses=(503,),
        )
    )
    def delete_session(self, call: Call) -> Response:
        """Sign out; the token ends at once."""
        with bounded():
            accounts.sign_out(self.db, call.staff.token, audit.by(call))
        return call.done()

    @route(
        Spec(
            method="GET",
            url="/v1/me",
            access=Access("session", "use"),
            answers={200: Answer("Who is signed in.", answers.Me())},
            refuses=(503,),
        )
    )
    def get_me(self, call: Call) -> Response:
        """Say who is signed in, in which role, until when at the latest, and what they may do."""
        who = call.staff
        may = sorted(f"{access.resource}.{access.action}" for access in policy.rights_of(who.role))
        return call.json(
            {
                "login": who.name,
                "role": who.role,
                "expires_at": who.expires_at,
                "language": who.language,
                "may": may,
            }
        )

    @route(
        Spec(
            method="PUT",
            url="/v1/me/password",
            access=Access("session", "use"),
            body=OwnPassword(),
            answers={204: Answer("The password holds; sign in again.", media=())},
            refuses=(503,),
        )
    )
    def put_own_password(self, call: Call) -> Response:
        """Change one's own password: at least 12 characters, not easy to guess.

        All sessions end, this one too. The old password is guessed no faster than at sign-in.
        """
        passwords = call.body["old"], call.body["new"]
        with bounded():
            account_links.change_own(self.db, audit.by(call), passwords, hashing=off_hub.HASHING)
        return call.done()
