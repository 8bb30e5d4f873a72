"""All addresses. Each room lists its own."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from lprsvc import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("help/", views.help_page, name="help"),
    path("help/log-on/", views.log_on_help, name="help_log_on"),
    path("help/guides/<slug:role>/", views.guide, name="guide"),
    path("", include("accounts.urls")),
    path("", include("queries.urls")),
    path("", include("alerts.urls")),
    path("", include("audit.urls")),
    path("", include("ingest.urls")),
    path("admin/", admin.site.urls),
]
if not settings.IS_PRODUCTION:
    urlpatterns.append(path("dev/mail/", include("lprsvc.devmail.urls")))

handler404 = "lprsvc.errors.page_not_found"
handler500 = "lprsvc.errors.server_error"
