"""Log-on, one's own credentials, and the rules.

Of allauth's pages only those named here exist: no sign-up, no reset of a password by link, no
management of e-mail addresses, no log-on by code. allauth copes with their names being unknown.
"""

from allauth.account import views as allauth_views
from django.urls import include, path

from accounts import access_views, credential_views, support_views, training_views, views

urlpatterns = [
    path("accounts/login/", allauth_views.login, name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path(
        "accounts/password/change/",
        allauth_views.password_change,
        name="account_change_password",
    ),
    path("accounts/2fa/", include("accounts.factor_urls")),
    path(
        "accounts/password/forgotten/",
        credential_views.forgotten_password,
        name="account_forgotten",
    ),
    path(
        "accounts/password/forgotten/question/",
        credential_views.answer_question,
        name="account_answer",
    ),
    path("accounts/password/new/", credential_views.new_password, name="account_new_password"),
    path("accounts/second-factor/", credential_views.enroll, name="account_enroll"),
    path(
        "accounts/security-questions/",
        credential_views.security_questions,
        name="account_security_questions",
    ),
    path("accounts/rules/", views.affirm_rules, name="account_rules"),
    path("accounts/register/", access_views.register_by_key, name="register"),
    path("access/", access_views.access_start, name="access_start"),
    path("access/sent/", access_views.access_requested, name="access_requested"),
    path("access/agency/<slug:code>/", access_views.access_request, name="access_request"),
    path("help/contact/", support_views.help_contact, name="help_contact"),
    path("help/contact/sent/", support_views.help_sent, name="help_sent"),
    path("help/requests/", support_views.help_requests, name="help_requests"),
    path("rules/", views.read_rules, name="rules"),
    path("training/", training_views.training_detail, name="training"),
]
