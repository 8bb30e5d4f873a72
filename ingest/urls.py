"""The ingest room's addresses."""

from django.urls import path

from ingest import amendment_views, api, coverage_views, feed_api, mistake_views
from ingest.maps.views import map_tile

urlpatterns = [
    path("api/v1/feeds/<str:format>/", feed_api.deliver_vendor, name="api_feed"),
    path("api/v1/reads/", api.deliver_reads, name="api_reads"),
    path("tiles/<slug:source>/<int:z>/<int:x>/<int:y>", map_tile, name="map_tile"),
    path("api/v1/receipts/<uuid:receipt>/", api.show_receipt, name="api_receipt"),
    path("coverage/", coverage_views.coverage, name="coverage"),
    path("coverage.<str:kind>", coverage_views.coverage_download, name="coverage_download"),
    path("error-reports/", mistake_views.error_report_list, name="error_report_list"),
    path("error-reports/<uuid:pk>/", mistake_views.error_report_detail, name="error_report_detail"),
    path(
        "error-reports/<uuid:pk>/withdraw/",
        mistake_views.error_report_withdraw,
        name="error_report_withdraw",
    ),
    path("amendments/", amendment_views.amendment_list, name="amendment_list"),
    path("amendments/new/", amendment_views.amendment_new, name="amendment_new"),
    path("amendments/<uuid:pk>/", amendment_views.amendment_detail, name="amendment_detail"),
    path(
        "amendments/<uuid:pk>/withdraw/",
        amendment_views.amendment_withdraw,
        name="amendment_withdraw",
    ),
]
