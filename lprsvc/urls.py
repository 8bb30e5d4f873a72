"""All addresses. Each room lists its own."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from lprsvc import api_schema, views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("help/", views.help_page, name="help"),
    path("help/log-on/", views.log_on_help, name="help_log_on"),
    path("help/guides/<slug:role>/", views.guide, name="guide"),
    path("api/v1/schema/", api_schema.show_schema, name="api_schema"),
    path("api/v1/docs/", api_schema.show_docs, name="api_docs"),
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
