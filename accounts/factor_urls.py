"""allauth's pages for second factors, each with what it leaves out.

Adding and removing run in one transaction, so that no factor comes or goes without its event.
There is no log-on by a key alone: user name and password are asked for at every access (ACC-2).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

from accounts.services import factors

View = Callable[..., HttpResponseBase]


def whole(view: View) -> View:
    """The view in one transaction: what it saves stands or falls with the event of it."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            return view(request, *args, **kwargs)

    return wrapped


def unless_demanded(view: View) -> View:
    """Refuses to remove the last security key where the agency demands a second factor."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        own = Authenticator.objects.filter(user_id=request.user.pk, pk=kwargs["pk"])
        key = own.select_related("user__agency").first()
        if key is not None and not factors.may_remove(key):
            messages.error(request, "Your agency demands a second factor. Add another one first.")
            return redirect("mfa_list_webauthn")
        return view(request, *args, **kwargs)

    return wrapped


urlpatterns = [
    path("", base.index, name="mfa_index"),
    path("authenticate/", base.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", base.reauthenticate, name="mfa_reauthenticate"),
    path("totp/activate/", whole(totp.activate_totp), name="mfa_activate_totp"),
    path("totp/deactivate/", whole(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("recovery-codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/generate/",
        whole(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/download/",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("webauthn/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("webauthn/add/", whole(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path(
        "webauthn/reauthenticate/",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "webauthn/keys/<int:pk>/remove/",
        unless_demanded(whole(webauthn.remove_webauthn)),
        name="mfa_remove_webauthn",
    ),
    path("webauthn/keys/<int:pk>/edit/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
]
