"""Handing out a photograph: whatever is in it, the browser takes it for a picture and no more."""

from django.http import HttpResponse

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# A picture that is a page, a script or an archive as well stays a picture (SAF-2).
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def picture_response(content: bytes, content_type: str) -> HttpResponse:
    """The answer that shows a picture to one person (QRY-7).

    `content_type` is what the content was found to be when it came, never what its sender said.
    """
    extension = _EXTENSIONS[content_type]
    headers = _HEADERS | {"Content-Disposition": f'inline; filename="photograph.{extension}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
