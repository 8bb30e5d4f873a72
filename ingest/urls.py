"""The ingest room's addresses."""

from django.urls import path

from ingest import api, mistake_views

urlpatterns = [
    path("api/v1/reads/", api.deliver_reads, name="api_reads"),
    path("api/v1/receipts/<uuid:receipt>/", api.show_receipt, name="api_receipt"),
    path("error-reports/", mistake_views.error_report_list, name="error_report_list"),
    path("error-reports/<uuid:pk>/", mistake_views.error_report_detail, name="error_report_detail"),
    path(
        "error-reports/<uuid:pk>/withdraw/",
        mistake_views.error_report_withdraw,
        name="error_report_withdraw",
    ),
]
