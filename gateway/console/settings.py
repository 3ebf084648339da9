"""Settings: one's own, accounts, keys, mail, audit log, health, the plan."""

from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from chassis.errors import AymakError, PreconditionFailed
from chassis.settings import settings
from gateway import routes
from gateway.console import settings_tabs
from gateway.console.screens import Screen, screen
from gateway.console.visits import Values, Visit, cursor_of
from gateway.desk import Desk
from gateway.events import PORTAL_TYPES
from gateway.policy import STAFF, Access
from gateway.words import say

OWN = Access("session", "use")
ACCOUNTS, EDIT_ACCOUNTS = Access("accounts", "read"), Access("accounts", "edit")
KEYS, EDIT_KEYS = Access("keys", "read"), Access("keys", "edit")


class SettingsScreens(Desk):
    """Pages of one's own settings, accounts and keys."""

    @screen(Screen(url="/settings", access=OWN))
    def show_settings(self, visit: Visit) -> Response:
        """Show one's own settings."""
        return settings_tabs.show(visit, "own")

    @screen(Screen(url="/settings/password", method="POST", access=OWN, pace="sign_in"))
    def change_password_form(self, visit: Visit) -> Response:
        """Change one's own password; all sessions end, so one signs in anew."""
        try:
            visit.act(
                "put_own_password", {name: visit.form.get(name, "") for name in ("old", "new")}
            )
        except AymakError as problem:
            return settings_tabs.show(visit, "own", problem=_described(visit, problem))
        return visit.go("/sign-in", said="start.password_kept")

    @screen(Screen(url="/settings/accounts", access=ACCOUNTS))
    def show_accounts(self, visit: Visit) -> Response:
        """Show who may sign in."""
        return _accounts(visit)

    @screen(Screen(url="/settings/accounts", method="POST", access=EDIT_ACCOUNTS))
    def invite_form(self, visit: Visit) -> Response:
        """Invite somebody and show the link, once."""
        names = ("login", "role", "language")
        try:
            made = visit.act("post_account", _given(visit, names))
        except AymakError as problem:
            return _accounts(visit, problem=_described(visit, problem))
        return _accounts(visit, made=made)

    @screen(Screen(url="/settings/accounts/<uuid:account_id>", method="POST", access=EDIT_ACCOUNTS))
    def edit_account_form(self, visit: Visit, account_id: UUID) -> Response:
        """Change a role or a language, disable or enable; a lost race shows both sides."""
        changes: Values = _given(visit, ("role", "language"))
        if "disabled" in visit.form:
            changes["disabled"] = visit.form["disabled"] == "1"
        version = visit.request.form.get("_version", "")
        try:
            visit.act("patch_account", changes, version=version, account_id=account_id)
        except PreconditionFailed as problem:
            now = visit.ask("get_account", account_id=account_id)
            race = {"now": now, "mine": now | changes}
            return _accounts(visit, problem=_described(visit, problem), race=race)
        except AymakError as problem:
            return _accounts(visit, problem=_described(visit, problem))
        return visit.go("/settings/accounts", said="settings.account_kept")

    @screen(
        Screen(url="/settings/accounts/<uuid:account_id>/link", method="POST", access=EDIT_ACCOUNTS)
    )
    def new_link_form(self, visit: Visit, account_id: UUID) -> Response:
        """Make a new link for somebody who lost the password, and show it once."""
        try:
            link = visit.act("post_account_link", account_id=account_id)
        except AymakError as problem:
            return _accounts(visit, problem=_described(visit, problem))
        account = visit.ask("get_account", account_id=account_id)
        return _accounts(visit, made={**account, "link": link})

    @screen(Screen(url="/settings/keys", access=KEYS))
    def show_keys(self, visit: Visit) -> Response:
        """Show the keys of portals."""
        return _keys(visit)

    @screen(Screen(url="/settings/keys", method="POST", access=EDIT_KEYS))
    def make_key_form(self, visit: Visit) -> Response:
        """Make a key and show its secret, once."""
        body: Values = {"name": visit.form.get("name", "")}
        if sources := visit.form.get("sources", "").split():
            body["sources"] = sources
        if types := visit.request.form.getlist("types"):
            body["types"] = types
        try:
            made = visit.act("post_key", body)
        except AymakError as problem:
            return _keys(visit, problem=_described(visit, problem))
        return _keys(visit, made=made)

    @screen(Screen(url="/settings/keys/<uuid:key_id>/revoke", method="POST", access=EDIT_KEYS))
    def revoke_key_form(self, visit: Visit, key_id: UUID) -> Response:
        """Revoke a key at once."""
        visit.act("revoke_key", key_id=key_id)
        return visit.go("/settings/keys", said="settings.key_revoked")


def _given(visit: Visit, names: tuple[str, ...]) -> Values:
    return {name: visit.form[name] for name in names if visit.form.get(name)}


def _described(visit: Visit, problem: AymakError) -> dict[str, Any]:
    return routes.described(problem, visit.language)


def _accounts(visit: Visit, **more: Any) -> Response:
    found = visit.ask("list_accounts", query={"cursor": visit.query.get("cursor"), "limit": 100})
    return settings_tabs.show(
        visit,
        "accounts",
        accounts=found["items"],
        cursor=cursor_of(found),
        roles=STAFF,
        address=f"{settings().public_url}/password",
        **{"made": None, "race": None, **more},
    )


def _keys(visit: Visit, **more: Any) -> Response:
    found = visit.ask("list_keys", query={"cursor": visit.query.get("cursor"), "limit": 100})
    return settings_tabs.show(
        visit,
        "keys",
        keys=found["items"],
        cursor=cursor_of(found),
        types={one: say(visit.language, f"event.{one}") for one in sorted(PORTAL_TYPES)},
        chosen=visit.request.form.getlist("types"),
        **{"made": None, **more},
    )
