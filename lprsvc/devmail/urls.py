"""Addresses of the in-box, under ``/dev/mail/``: in the example set-up and the tests alone."""

from django.conf import settings
from django.urls import URLPattern, path

from lprsvc.devmail import views


def patterns(*, is_production: bool) -> list[URLPattern]:
    """The addresses; none in production, where mail leaves the machine and nobody may read it."""
    if is_production:
        return []
    return [
        path("", views.message_list, name="dev_mail"),
        path("<uuid:pk>/", views.message_detail, name="dev_mail_message"),
        path("<uuid:pk>/html/", views.message_html, name="dev_mail_html"),
    ]


urlpatterns = patterns(is_production=settings.IS_PRODUCTION)
