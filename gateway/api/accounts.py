"""The accounts of staff: invite, list, edit, let choose a password (S3, S4)."""

from uuid import UUID

from werkzeug.wrappers import Response

from gateway import account_edits, account_links, answers, audit, off_hub
from gateway.account_edits import NewAccount
from gateway.desk import Call, Desk, bounded
from gateway.edits import EDIT_HEADERS, request_key_of, tagged, version_of
from gateway.paging import page
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas import AccountChange, AccountNew, PageQuery, PasswordByLink

ACCOUNT = answers.one(answers.Account, headers=("ETag",))
LINK = answers.Link()


class AccountsApi(Desk):
    """Routes of accounts."""

    @route(
        Spec(
            method="GET",
            url="/v1/accounts",
            access=Access("accounts", "read"),
            query=PageQuery(),
            answers=answers.listed(answers.Account),
            refuses=(503,),
        )
    )
    def list_accounts(self, call: Call) -> Response:
        """List the accounts of staff by login."""
        with bounded(), self.db.begin() as session:
            found = account_edits.listed(session, call.query)
        return page(call, found)

    @route(
        Spec(
            method="POST",
            url="/v1/accounts",
            access=Access("accounts", "edit"),
            body=AccountNew(),
            answers={201: Answer("Invited; the link is shown once.", answers.AccountMade())},
            refuses=(409, 503),
            headers=("Idempotency-Key",),
        )
    )
    def post_account(self, call: Call) -> Response:
        """Invite somebody: the account, and the token by which its owner chooses a password.

        The token is good once, for 30 minutes, at PUT /v1/password. No mail is sent: hand it on.
        """
        request_key = request_key_of(call)
        with bounded(), self.db.begin() as session:
            made, link = account_edits.create(
                session, NewAccount(**call.body), audit.by(call), request_key=request_key
            )
        return call.json(made | {"link": _shown(link)}, 201)

    @route(
        Spec(
            method="GET",
            url="/v1/accounts/<uuid:account_id>",
            access=Access("accounts", "read"),
            answers=ACCOUNT,
            refuses=(404, 503),
        )
    )
    def get_account(self, call: Call, account_id: UUID) -> Response:
        """Return one account; ETag is its version."""
        with bounded(), self.db.begin() as session:
            found = account_edits.plain(account_edits.get(session, account_id))
        return tagged(call, found)

    @route(
        Spec(
            method="PATCH",
            url="/v1/accounts/<uuid:account_id>",
            access=Access("accounts", "edit"),
            body=AccountChange(),
            answers=ACCOUNT,
            refuses=(404, 409, 412, 428, 503),
            headers=EDIT_HEADERS[1:],
        )
    )
    def patch_account(self, call: Call, account_id: UUID) -> Response:
        """Change role or language, disable or enable; who loses a right is signed out at once.

        The last administrator who can sign in stays one: 409.
        """
        version = version_of(call.request)
        with bounded(), self.db.begin() as session:
            found = account_edits.edit(
                session, account_id, call.body, audit.by(call), version=version
            )
        return tagged(call, found)

    @route(
        Spec(
            method="POST",
            url="/v1/accounts/<uuid:account_id>/link",
            access=Access("accounts", "edit"),
            answers={201: Answer("The link, shown once.", LINK)},
            refuses=(404, 409, 503),
        )
    )
    def post_account_link(self, call: Call, account_id: UUID) -> Response:
        """Make a new link for somebody who lost the password; the one before it ends."""
        with bounded(), self.db.begin() as session:
            account = account_edits.get(session, account_id)
            link = account_links.issue(session, account, audit.by(call))
        return call.json(_shown(link), 201)

    @route(
        Spec(
            method="PUT",
            url="/v1/password",
            access="open",
            body=PasswordByLink(),
            answers={204: Answer("The password holds; sign in.", media=())},
            refuses=(401, 503),
            pace="sign_in",
        )
    )
    def put_password(self, call: Call) -> Response:
        """Choose a password by a link: at least 12 characters, not easy to guess; no other rule.

        The link works once. All sessions of the account end.
        """
        with bounded():
            account_links.redeem(
                self.db, **call.body, address=call.address, hashing=off_hub.HASHING
            )
        return call.done()


def _shown(link: account_links.Link) -> dict[str, str]:
    return {"token": link.token, "expires_at": link.expires_at.isoformat()}
