"""Pages about one's own password, security questions and second factor (ACC-6, ACC-7)."""

import base64
import time
from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import stash_login
from allauth.account.stages import LoginStage
from allauth.core import ratelimit
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.credential_forms import (
    AddKeyForm,
    AnswerForm,
    ChangeQuestionsForm,
    ForgottenForm,
    NewPasswordForm,
    add_faults,
)
from accounts.log_on_rules import ANSWER_WAITS, TEMPORARY_PASSWORD, rules_for
from accounts.models import User
from accounts.people import Person, person_for
from accounts.security_questions import text_of
from accounts.services import factors, passwords, recovery, sessions
from accounts.services.lockout import AccountLocked
from accounts.stages import EnrollmentStage, NewPasswordStage
from audit.actors import Origin
from lprsvc.lib.access import any_person, public
from lprsvc.lib.errors import InvalidInput

_METHODS = ["GET", "HEAD", "POST"]
_ASKED = "lprsvc_recovery"


# --- the forgotten password -----------------------------------------------------------------------


@public("somebody who forgot the password can't log on")
@never_cache
@require_http_methods(_METHODS)
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """Asks for the user name. Says nothing about whether anybody has it."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST":
        if not ratelimit.consume(request, action="recover_account"):
            return _too_many(request)
        if form.is_valid():
            username = form.cleaned_data["username"]
            question = recovery.ask_question(username=username, origin=_origin(request))
            request.session[_ASKED] = [username, question, int(time.time())]
            return redirect("account_answer")
    return _shown(request, "accounts/password_forgotten.html", form)


@public("somebody who forgot the password can't log on")
@never_cache
@sensitive_post_parameters("answer")
@require_http_methods(_METHODS)
def answer_question(request: HttpRequest) -> HttpResponse:
    """Asks one of the person's security questions; the right answer mails a password."""
    asked = _asked(request)
    if asked is None:
        return redirect("account_forgotten")
    username, question = asked
    form = AnswerForm(request.POST or None, question=text_of(question))
    if request.method == "POST":
        if not ratelimit.consume(request, action="recover_account"):
            return _too_many(request)
        if form.is_valid() and _answered(request, form, username, question):
            del request.session[_ASKED]
            minutes = int(TEMPORARY_PASSWORD.total_seconds() // 60)
            return render(request, "accounts/password_sent.html", {"minutes": minutes})
    return _shown(request, "accounts/password_question.html", form)


def _asked(request: HttpRequest) -> tuple[str, str] | None:
    """The user name and question of this browser; None: none, or too long ago."""
    match request.session.get(_ASKED):
        case [str(username), str(question), int(at)]:
            fresh = 0 <= time.time() - at < ANSWER_WAITS.total_seconds()
            return (username, question) if fresh else None
    return None


def _answered(request: HttpRequest, form: AnswerForm, username: str, question: str) -> bool:
    try:
        right = recovery.answer_question(
            username=username,
            question=question,
            answer=form.cleaned_data["answer"],
            origin=_origin(request),
            now=timezone.now(),
        )
    except AccountLocked as error:
        form.add_error(None, error.message)
        return False
    if not right:
        form.add_error("answer", "This is not the answer we know. Check the user name as well.")
    return right


# --- stages of a log-on ---------------------------------------------------------------------------


@public("somebody whose log-on waits for a new password is not logged on yet")
@sensitive_post_parameters("password1", "password2")
@require_http_methods(_METHODS)
@login_stage_required(  # type: ignore[untyped-decorator]
    stage=NewPasswordStage.key, redirect_urlname="account_login"
)
def new_password(request: HttpRequest) -> HttpResponse:
    """A new password at log-on, where the old one was temporary or is too old."""
    stage = _stage(request)
    user: User = stage.login.user
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _set_password(request, form, user):
        messages.success(request, "Your password is changed.")
        response: HttpResponse = stage.exit()
        return response
    rules = rules_for(user.agency)
    minimum = rules.min_length(with_factor=passwords.will_have_second_factor(user))
    more = {"minimum": minimum, "was_temporary": user.must_change_password}
    return _shown(request, "accounts/password_new.html", form, more)


def _set_password(request: HttpRequest, form: NewPasswordForm, user: User) -> bool:
    """Set it; the log-on under way is the one thing that does not end."""
    password = form.cleaned_data["password1"]
    if not sessions.is_still_proven(request.session, user=user):
        form.add_error(None, "Your account was changed meanwhile. Log on again.")
        return False
    try:
        passwords.check_new_password(user, password)
    except InvalidInput as error:
        add_faults(form, error, {"password": "password1"})
        return False
    person = person_for(user, origin=_origin(request))
    passwords.set_password(person=person, user=user, password=password, now=timezone.now())
    sessions.note_proven(request.session, user=user)
    return True


@public("somebody whose log-on waits for a second factor is not logged on yet")
@require_http_methods(_METHODS)
@login_stage_required(  # type: ignore[untyped-decorator]
    stage=EnrollmentStage.key, redirect_urlname="account_login"
)
def enroll(request: HttpRequest) -> HttpResponse:
    """Enrolling the second factor that the agency demands: an app's code, or a security key."""
    stage = _stage(request)
    user: User = stage.login.user
    if stage.state.get("enrolled"):
        return _leave_enrollment(request, stage, user)
    if not factors.must_enroll(user):
        # Enrolled by somebody else with the password meanwhile: this log-on must show it, anew.
        aborted: HttpResponse = stage.abort()
        return aborted
    by_key = "credential" in request.POST
    posted = request.POST or None
    app_form = ActivateTOTPForm(None if by_key else posted, user=user)
    key_form = AddKeyForm(posted if by_key else None, user=user)
    form = key_form if by_key else app_form
    if request.method == "POST" and form.is_valid():
        return _enrolled(request, stage, user, form)
    return _show_enrollment(request, user, app_form, key_form, form)


def _enrolled(request: HttpRequest, stage: LoginStage, user: User, form: Any) -> HttpResponse:
    data = form.cleaned_data
    if isinstance(form, AddKeyForm):
        factor, _ = factors.enroll_key(user, name=data["name"], credential=data["credential"])
    else:
        factor, _ = factors.enroll_app(user, secret=form.secret, code=data["code"])
        clear_totp_secret(request)
    post_authentication(request, factor)
    stage.state["enrolled"] = True
    stash_login(request, stage.login)
    return redirect("account_enroll")


def _leave_enrollment(request: HttpRequest, stage: LoginStage, user: User) -> HttpResponse:
    """The recovery codes, shown in the log-on that made them; then on to the next stage."""
    if request.method == "POST":
        response: HttpResponse = stage.exit()
        return response
    codes = factors.recovery_codes_of(user)
    return render(request, "accounts/recovery_codes_shown.html", {"codes": codes})


def _show_enrollment(
    request: HttpRequest, user: User, app_form: Any, key_form: Any, form: Any
) -> HttpResponse:
    adapter = get_mfa_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, app_form.secret))
    options = {"creation_options": webauthn.begin_registration(user, passwordless=False)}
    more = {
        "app_form": app_form,
        "key_form": key_form,
        "qr": f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}",
        "secret": _grouped(app_form.secret),
        "js_data": options,
    }
    return _shown(request, "accounts/second_factor_enroll.html", form, more)


def _grouped(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


# --- logged on ------------------------------------------------------------------------------------


@any_person("a person's own security questions")
@never_cache
@sensitive_post_parameters()
@require_http_methods(_METHODS)
def security_questions(request: HttpRequest) -> HttpResponse:
    """Choosing three questions anew; the password proves that it is still the same person."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - the access rule lets nobody else in
    form = ChangeQuestionsForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _change_answers(request, form, user):
        messages.success(request, "Your security questions are changed.")
        return redirect("home")
    more = {"has_answers": recovery.has_answers(user)}
    return _shown(request, "accounts/security_questions.html", form, more)


def _change_answers(request: HttpRequest, form: ChangeQuestionsForm, user: User) -> bool:
    person: Person = request.person  # type: ignore[attr-defined]
    if not ratelimit.consume(request, action="change_password", user=user):
        form.add_error(None, "Too many attempts. Wait a minute and try again.")
        return False
    if not user.check_password(form.cleaned_data["password"]):
        form.add_error("password", "The password is not right.")
        return False
    try:
        recovery.change_answers(
            person=person, user=user, answers=form.answers(), now=timezone.now()
        )
    except InvalidInput as error:
        add_faults(form, error)
        return False
    return True


# --- details --------------------------------------------------------------------------------------


def _shown(
    request: HttpRequest, template: str, form: Any, more: dict[str, Any] | None = None
) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, {"form": form} | (more or {}), status=status)


def _too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


def _stage(request: HttpRequest) -> LoginStage:
    stage: LoginStage = request._login_stage  # type: ignore[attr-defined]  # noqa: SLF001
    return stage


def _origin(request: HttpRequest) -> Origin:
    origin: Origin = request.origin  # type: ignore[attr-defined]
    return origin
