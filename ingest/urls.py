"""The ingest room's addresses."""

from django.urls import path

from ingest import api, feed_api

urlpatterns = [
    path("api/v1/feeds/<str:format>/", feed_api.deliver_vendor, name="api_feed"),
    path("api/v1/reads/", api.deliver_reads, name="api_reads"),
    path("api/v1/receipts/<uuid:receipt>/", api.show_receipt, name="api_receipt"),
]
