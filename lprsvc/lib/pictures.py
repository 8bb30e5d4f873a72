"""Handing out a photograph: whatever is in it, the browser takes it for a picture and no more.

Every view that answers with what somebody sent answers by this module (QRY-7, SAF-2).
"""

from collections.abc import Mapping
from enum import StrEnum

from django.http import HttpResponse

from lprsvc.lib.errors import DomainError

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# A picture that is a page, a script or an archive as well stays a picture (SAF-2).
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


class Size(StrEnum):
    """How large a photograph is asked for: as it is, or small for a list of many."""

    FULL = "full"
    THUMB = "thumb"


class UnknownSize(DomainError):
    """A photograph was asked for in a size that there is none of."""

    def __init__(self, given: str) -> None:
        super().__init__(
            "unknown_size",
            f"size={given:.40} is no size of a photograph: {' or '.join(Size)}.",
        )


def size_asked(parameters: Mapping[str, str]) -> Size:
    """The size that an address asks for by ``?size=``; as it is without. Raises UnknownSize."""
    given = parameters.get("size", Size.FULL)
    try:
        return Size(given)
    except ValueError:
        raise UnknownSize(given) from None


def small(url: str) -> str:
    """The address of the same photograph, small; `url` has a query string."""
    return f"{url}&size={Size.THUMB}"


def picture_response(content: bytes, content_type: str) -> HttpResponse:
    """The answer that shows a picture to one person (QRY-7).

    `content_type` is what the content was found to be when it came, never what its sender said;
    one that is no picture's raises KeyError.
    """
    name = f"photograph.{_EXTENSIONS[content_type]}"
    return upload_response(content, content_type, name=name)


def upload_response(
    content: bytes, content_type: str, *, name: str, is_attachment: bool = False
) -> HttpResponse:
    """The answer that hands something uploaded to one person, under a name of our own.

    `is_attachment`: to be kept as a file; the browser is not to open it.
    """
    how = "attachment" if is_attachment else "inline"
    headers = _HEADERS | {"Content-Disposition": f'{how}; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
