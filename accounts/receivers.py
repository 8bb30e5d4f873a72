"""What allauth tells of second factors only by signal, written to the log.

`post_save` and `post_delete` rather than allauth's own signals, which come after the commit: the
event has to stand or fall with the change.
"""

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_save

from accounts.models import User
from accounts.people import NOWHERE, Person, person_for
from accounts.services import credentials


def connect() -> None:
    """Connect the receivers; called once, when all applications are loaded."""
    post_save.connect(_factor_saved, sender=Authenticator, dispatch_uid="accounts.factor_saved")
    post_delete.connect(
        _factor_deleted, sender=Authenticator, dispatch_uid="accounts.factor_deleted"
    )
    authentication_failed.connect(_factor_failed, dispatch_uid="accounts.factor_failed")
    # Django's own would save() the user, which writes a history row for no change of the account.
    user_logged_in.disconnect(dispatch_uid="update_last_login")


def _factor_saved(instance: Authenticator, created: bool, **_: Any) -> None:
    if created:
        credentials.record_factor_added(person=_person(instance.user), factor=instance.type)


def _factor_deleted(instance: Authenticator, **_: Any) -> None:
    credentials.record_factor_removed(person=_person(instance.user), factor=instance.type)


def _factor_failed(user: User, authenticator: Authenticator, **_: Any) -> None:
    credentials.record_factor_failed(person=_person(user), factor=authenticator.type)


def _person(user: User) -> Person:
    return person_for(user, origin=getattr(context.request, "origin", NOWHERE))
