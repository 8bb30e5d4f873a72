"""The admin as a client of the services: lists and pages to read, and pages that act with a reason.

Rooms derive from `GovernedAdmin`. Nothing is added, changed or deleted through Django's own forms
(they save inside their own transaction, in which a recorded refusal would be lost); what may be
done is a `GovernedPage`, which asks for a reason and calls one service.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import quote

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts.countdown import spelt
from accounts.forms import ReasonForm
from accounts.people import Person
from accounts.selectors import names_of_actors
from accounts.services.governed import record_viewed
from lprsvc.lib.access import requires
from lprsvc.lib.errors import InvalidInput
from lprsvc.lib.permissions import Permission

M = TypeVar("M", bound=models.Model)
_HISTORY_LENGTH = 200


@dataclass(frozen=True)
class GovernedPage(Generic[M]):
    """One thing to do in the admin: about one object, or about the list (`of_object` False).

    `act` calls one service with the person, the object (None for the list), the form's cleaned
    data and now; text that it returns, as a new key, is shown on the answer and never again.
    `offered` says for which objects a link to the page is shown; whether it may be done is the
    service's policy to say. `prepare` fills in what the form can't know by itself: choices within
    the person's reach, and what is there now. `consequences` says what the act will bring about,
    in sentences, read before it is done; so does `preview`, where that depends on what is entered:
    once the form is filled in its sentences are shown, and the act is done when they are confirmed.
    `removes`: afterwards there is only the list to see.
    `template` draws the page where the common one is not enough, with what `shows` adds to its
    context.
    """

    name: str
    title: str
    permissions: frozenset[Permission]
    act: Callable[[Person, M | None, Mapping[str, Any], datetime], object]
    form: type[ReasonForm] = ReasonForm
    of_object: bool = True
    offered: Callable[[Person, M | None], bool] = lambda _person, _object: True
    prepare: Callable[[Any, Person, M | None], None] = lambda _form, _person, _object: None
    consequences: Callable[[Person, M | None], Sequence[str]] = lambda _person, _object: ()
    preview: Callable[[M | None, Mapping[str, Any], datetime], Sequence[str]] | None = None
    removes: bool = False
    template: str = "accounts/governed_page.html"
    shows: Callable[[Person, M | None], Mapping[str, Any]] = lambda _person, _object: {}


if TYPE_CHECKING:

    class _ModelAdmin(admin.ModelAdmin[M]):
        """Django's, generic as the type checker knows it."""

else:

    class _ModelAdmin(admin.ModelAdmin, Generic[M]):
        """Django's, which can't be subscripted when it runs."""


class GovernedAdmin(_ModelAdmin[M]):
    """Read-only; for those who have one of `view_permissions`, and then only `visible_to` them."""

    view_permissions: ClassVar[frozenset[Permission]] = frozenset()
    # GovernedPage is not covariant, and a class variable can't name the class's own type variable.
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = ()
    actions = None
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "accounts/governed_change_form.html"
    change_list_template = "accounts/governed_change_list.html"

    def visible_to(self, person: Person) -> "QuerySet[M]":
        """The rows the person may see; nothing unless a subclass says what."""
        raise NotImplementedError

    # --- who may see ---------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the index names it."""
        return _may(request, self.view_permissions)

    def has_view_permission(
        self,
        request: HttpRequest,
        obj: M | None = None,  # noqa: ARG002
    ) -> bool:
        """Whether the person may look; which rows is up to `visible_to`."""
        return _may(request, self.view_permissions)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Never by Django's form."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002
        """Never by Django's form."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002
        """Never by Django's form."""
        return False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[M]":
        """What the person may see."""
        return self.visible_to(_person(request))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # noqa: ARG002
        """Only what the list's own filters ask, to the letter: Django would let any field be probed
        by its address, as in ``?password__startswith=``, and a filter's relation would lead to
        other people's rows, as in ``?aor__agency__users__password__startswith=``."""
        asked = {
            f"{parameter_of(item)}{ending}"
            for item in self.list_filter
            for ending in (_FIELD_LOOKUPS if isinstance(item, str | tuple) else ("",))
        }
        return lookup in asked

    # --- pages ---------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Django's pages to look at, closed to those who may not, and our own before them."""
        base = f"{self.opts.app_label}_{self.opts.model_name}"
        looks = {f"{base}_{name}" for name in ("changelist", "change", "history")}
        theirs = [pattern for pattern in super().get_urls() if pattern.name in looks]
        for pattern in theirs:
            requires(*self._viewers())(pattern.callback)
        return [self._url_of(page) for page in self.pages] + theirs

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, recorded as seen. Raises BadRequest for text no table can hold."""
        if any("\0" in value for _, values in request.GET.lists() for value in values):
            raise BadRequest("A filter's value holds a NUL character.")
        person = _person(request)
        name = self.opts.model_name or ""
        record_viewed(person=person, subject=name, search=request.GET.urlencode())
        links = self._links(person, None)
        title = str(self.opts.verbose_name_plural).capitalize()
        context = {"title": title, "governed_links": links} | (extra_context or {})
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One object, recorded as seen."""
        found = self._object_or_404(request, object_id)
        person = _person(request)
        record_viewed(person=person, subject=f"{self.opts.model_name}:{found.pk}")
        context = (extra_context or {}) | {
            "governed_links": self._links(person, found),
            "has_governed_history": hasattr(found, "history"),
        }
        return super().change_view(request, object_id, form_url, context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What became of one object: who, when, from, to, why (ACC-13). To read only."""
        found = self._object_or_404(request, object_id)
        if not hasattr(found, "history"):
            raise Http404
        record_viewed(person=_person(request), subject=f"{self.opts.model_name}:{found.pk} history")
        context = self._context(request, f"History of {found}", found) | {
            "changes": list(_changes(found.history.all()[: _HISTORY_LENGTH + 1])),
        }
        return TemplateResponse(
            request, "accounts/governed_history.html", context | (extra_context or {})
        )

    # --- details -------------------------------------------------------------------------------

    def _viewers(self) -> frozenset[Permission]:
        if not self.view_permissions:
            raise ValueError(f"{type(self).__name__} names no view_permissions")
        return self.view_permissions

    def _url_of(self, page: GovernedPage[M]) -> URLPattern:
        route = f"<path:object_id>/{page.name}/" if page.of_object else f"{page.name}/"

        def view(request: HttpRequest, object_id: str | None = None) -> HttpResponse:
            return self._act(request, page, object_id)

        guarded = requires(*page.permissions)(self.admin_site.admin_view(view))
        return path(route, guarded, name=self._page_name(page))

    def _page_name(self, page: GovernedPage[M]) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page.name}"

    def _act(
        self, request: HttpRequest, page: GovernedPage[M], object_id: str | None
    ) -> HttpResponse:
        found = self._object_or_404(request, object_id) if object_id is not None else None
        person = _person(request)
        # Not `or None`: what is sent empty is told what is missing, too.
        sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = page.form(*sent)
        page.prepare(form, person, found)
        context = self._context(request, page.title, found) | {
            "form": form,
            "consequences": page.consequences(person, found),
        }
        context |= page.shows(person, found)
        if request.method == "POST" and form.is_valid():
            try:
                if page.preview is not None and "confirmed" not in request.POST:
                    told = page.preview(found, form.cleaned_data, timezone.now())
                    asked = context | {"consequences": told, "is_confirming": True}
                    return TemplateResponse(request, page.template, asked)
                shown = page.act(person, found, form.cleaned_data, timezone.now())
            except InvalidInput as error:
                _add_errors(form, error)
            else:
                return self._done(request, page, context, shown)
        status = 422 if form.errors else 200
        return TemplateResponse(request, page.template, context, status=status)

    def _done(
        self, request: HttpRequest, page: GovernedPage[M], context: dict[str, Any], shown: object
    ) -> HttpResponse:
        done = f"{page.title}: done and recorded."
        if isinstance(shown, str):
            # Not as a message: those wait in a cookie, where no secret belongs.
            shown_once = context | {"form": None, "done": done, "shown": shown}
            return TemplateResponse(request, "accounts/governed_page.html", shown_once)
        messages.success(request, done)
        return HttpResponseRedirect(self._address(None) if page.removes else context["back"])

    def _address(self, found: M | None) -> str:
        base = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if found is None:
            return reverse(f"{base}_changelist")
        return reverse(f"{base}_change", args=[quote(str(found.pk))])

    def _links(self, person: Person, found: M | None) -> list[tuple[str, str]]:
        return [
            (
                page.title,
                reverse(f"admin:{self._page_name(page)}", args=[found.pk] if found else []),
            )
            for page in self.pages
            if page.of_object == (found is not None)
            and page.permissions & person.permissions
            and page.offered(person, found)
        ]

    def _object_or_404(self, request: HttpRequest, object_id: str) -> M:
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def _context(self, request: HttpRequest, title: str, found: M | None) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "original": found,
            "back": self._address(found),
        }


def as_text(field: str, description: str) -> Any:
    """A column or field of the admin that shows what a reference names, without the link that
    Django makes: it would lead to pages that not everybody may open."""

    @admin.display(description=description, ordering=field)
    def shown(_admin: Any, row: models.Model) -> str:
        found = getattr(row, field)
        return str(found) if found is not None else "–"

    return shown


# What Django's own filters of a field put into the address, and nothing else.
_FIELD_LOOKUPS = ("", "__exact", "__id__exact", "__isnull", "__isempty")


def parameter_of(item: Any) -> str:
    """What a list filter is called in the address."""
    if isinstance(item, str):
        return item
    name: str = item[0] if isinstance(item, tuple) else item.parameter_name
    return name


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person


def _may(request: HttpRequest, permissions: frozenset[Permission]) -> bool:
    person: Person | None = getattr(request, "person", None)
    return person is not None and bool(permissions & person.permissions)


def _add_errors(form: ReasonForm, error: InvalidInput) -> None:
    for field, faults in error.errors.items():
        for fault in faults:
            form.add_error(field if field in form.fields else None, fault)


def _changes(rows: Iterable[Any]) -> Iterable[dict[str, Any]]:
    """Newest first, each with what differs from the one before it."""
    newest_first = list(rows)
    names = names_of_actors({row.history_user_id or "" for row in newest_first})
    # Not strict: of what has no history at all there is nothing to tell.
    for row, earlier in zip(newest_first, [*newest_first[1:], None], strict=False):
        if earlier is None and row.history_type != "+":
            return  # cut off by _HISTORY_LENGTH: nothing to compare with
        yield {
            "at": row.history_date,
            "by": row.history_user_id,
            "name": names.get(row.history_user_id, ""),
            "why": row.history_change_reason,
            "what": row.get_history_type_display(),
            "changes": _differences(row, earlier) if earlier is not None else [],
        }


def _differences(row: Any, earlier: Any) -> list[dict[str, str]]:
    """What differs between two rows of a history, field by field as people call it."""
    return [
        {
            "field": str(row._meta.get_field(change.field).verbose_name),  # noqa: SLF001
            "old": _shown(row, change.field, change.old),
            "new": _shown(row, change.field, change.new),
        }
        for change in row.diff_against(earlier).changes
    ]


def _shown(row: Any, name: str, value: Any) -> str:
    """A value as a person reads it: choices by their words, times by the person's clock."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S %Z}"
    if isinstance(value, timedelta):
        return spelt(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    choices = dict(row._meta.get_field(name).flatchoices)  # noqa: SLF001
    return str(choices.get(value, value))
