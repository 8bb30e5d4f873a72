"""The one address of all maps. It holds no plate and shows no read, so it is not an event."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET

from ingest.maps.blocks import TileUnavailable
from ingest.maps.sources import Kind, TileSource, get_source
from ingest.maps.streets import find_streets
from ingest.maps.tiles import find_tile
from lprsvc.lib.access import any_person
from lprsvc.lib.errors import NotFound

# For one's own browser alone: what a shared proxy keeps shows where people looked.
_KEEP_A_DAY = "private, max-age=86400"


@require_GET
@any_person("a map says nothing of any read")
def map_tile(request: HttpRequest, source: str, z: int, x: int, y: int) -> HttpResponseBase:  # noqa: ARG001
    """One square of a map, of a source that stands in the settings: a picture, or streets."""
    try:
        response = _square(get_source(source), z, x, y)
    except NotFound as error:
        raise Http404 from error
    except TileUnavailable as error:
        # A page for people would be drawn for each of the map's fifty squares.
        return HttpResponse(error.message, status=error.status, content_type="text/plain")
    response.headers["Cache-Control"] = _KEEP_A_DAY
    return response


def _square(source: TileSource, z: int, x: int, y: int) -> HttpResponse:
    if source.kind is Kind.STREETS:
        streets = find_streets(source, z, x, y)
        if streets is not None:
            return JsonResponse(streets, content_type="application/geo+json")
    elif tile := find_tile(source, z, x, y):
        return HttpResponse(tile.content, content_type=tile.content_type)
    return HttpResponse(status=404, content_type="text/plain")
