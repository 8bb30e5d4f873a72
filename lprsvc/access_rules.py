"""Access rules of views that packages bring, by URL name; our own views state theirs themselves."""

from collections.abc import Callable
from typing import Any

from django.urls import ResolverMatch

from lprsvc.lib.access import AccessRule, rule_for
from lprsvc.lib.permissions import Permission

_PUBLIC_LOGON = AccessRule(public="logging on")
_OWN_ACCOUNT = AccessRule(any_person="a person's own credentials")
_ADMIN = AccessRule(permissions=frozenset({Permission.ENTER_ADMIN}))

PACKAGE_RULES: dict[str, AccessRule | None] = {
    "account_login": _PUBLIC_LOGON,
    "account_logout": _PUBLIC_LOGON,
    "account_inactive": _PUBLIC_LOGON,
    "account_reauthenticate": _OWN_ACCOUNT,
    "account_change_password": _OWN_ACCOUNT,
    "mfa_authenticate": _PUBLIC_LOGON,
    "mfa_reauthenticate": _OWN_ACCOUNT,
    "mfa_index": _OWN_ACCOUNT,
    "mfa_activate_totp": _OWN_ACCOUNT,
    "mfa_deactivate_totp": _OWN_ACCOUNT,
    "mfa_view_recovery_codes": _OWN_ACCOUNT,
    "mfa_download_recovery_codes": _OWN_ACCOUNT,
    "mfa_generate_recovery_codes": _OWN_ACCOUNT,
    "mfa_list_webauthn": _OWN_ACCOUNT,
    "mfa_add_webauthn": _OWN_ACCOUNT,
    "mfa_edit_webauthn": _OWN_ACCOUNT,
    "mfa_remove_webauthn": _OWN_ACCOUNT,
    "mfa_reauthenticate_webauthn": _OWN_ACCOUNT,
    # Each model's own pages carry the rule of their ModelAdmin.
    "admin:index": _ADMIN,
    "admin:app_list": _ADMIN,
    "admin:jsi18n": _ADMIN,
    "admin:login": _PUBLIC_LOGON,
    "admin:logout": _PUBLIC_LOGON,
}


def rule_of(match: ResolverMatch, view: Callable[..., Any]) -> AccessRule | None:
    """The rule of a resolved view: its own, else the package's; None closes it to everybody."""
    own = rule_for(view)
    return own if own is not None else PACKAGE_RULES.get(match.view_name)
