"""Tags that draw forms, icons, times and page links in U.S. Web Design System markup.

Templates say *what* they show; this module and ``templates/uswds/`` say how, once, so that labels,
hints, errors and their ``aria`` wiring are the same on every page (SAF-4).
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.forms.widgets import ChoiceWidget
from django.template.context import RequestContext
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from ingest.maps.sources import TileSource, all_sources
from lprsvc.lib.mapping import MapPoint, map_data
from lprsvc.lib.widgets import ComboBox

register = template.Library()

# Reading confidence from so much on, and what it is called.
_CONFIDENCE = (
    (0.95, "The camera was sure"),
    (0.85, "The camera was fairly sure"),
    (0.7, "The camera was unsure"),
    (0.0, "The camera was guessing"),
)
SPRITE = "vendor/uswds/img/sprite.svg"

# A widget class and how it is drawn; the first match counts, so special cases come first.
_KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.HiddenInput, "hidden"),
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.FileInput, "file"),
    (ComboBox, "combobox"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.Widget, "input"),
)
_CSS = {
    "file": "usa-file-input",
    "select": "usa-select",
    "combobox": "usa-select",
    "textarea": "usa-textarea",
    "input": "usa-input",
    "checkbox": "usa-checkbox__input",
}
# Valid within JSON's strings, which is the only place where these can stand.
_JSON_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
_ALERT_LEVELS = {"debug": "info"}


def _widget_kind(widget: forms.Widget) -> str:
    return next(kind for cls, kind in _KINDS if isinstance(widget, cls))


def _described_by(field: BoundField) -> str:
    ids = []
    if field.help_text:
        ids.append(f"{field.auto_id}_hint")
    if field.errors:
        ids.append(f"{field.auto_id}_error")
    return " ".join(ids)


def _attributes(field: BoundField, kind: str) -> dict[str, str | bool]:
    """HTML attributes of the field's own widget, on top of those the form gave it."""
    widget = field.field.widget
    given = widget.attrs.get("class", "")
    attributes: dict[str, str | bool] = {}
    css = " ".join(part for part in (_CSS.get(kind, ""), given) if part)
    if field.errors and kind in {"input", "select", "combobox", "textarea"}:
        css += f" {_CSS[kind]}--error"
    if css:
        attributes["class"] = css
    described_by = _described_by(field)
    if described_by:
        attributes["aria-describedby"] = described_by
    if field.errors:
        attributes["aria-invalid"] = "true"
    return attributes


def _options(field: BoundField, kind: str) -> list[dict[str, Any]]:
    """Each choice of a radio or checkbox group, flat, as the widget describes it."""
    widget = field.field.widget
    if kind not in {"radios", "checkboxes"} or not isinstance(widget, ChoiceWidget):
        return []
    attributes = {"id": field.auto_id}
    return list(widget.options(field.html_name, _choice_values(widget, field.value()), attributes))


def _choice_values(widget: ChoiceWidget, value: Any) -> list[str]:
    return [str(item) for item in widget.format_value(value)]


def _render_widget(field: BoundField, kind: str) -> SafeString:
    attributes = _attributes(field, kind)
    widget = field.field.widget
    # The label says it, and stays when something is typed; a library's forms repeat it here.
    widget.attrs.pop("placeholder", None)
    if isinstance(widget, forms.DateInput):
        # The browser's own date picker: no script, known to every screen reader. It takes and
        # shows nothing but ISO 8601. A form's widgets are its own copies.
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    return field.as_widget(attrs=attributes)


@register.inclusion_tag("uswds/field.html", name="field")
def field_tag(field: BoundField | str | None, *, label: str = "", css: str = "") -> dict[str, Any]:
    """Draw one form field whole: label, required mark, hint, error, control.

    ``label`` replaces the field's own; ``css`` is added to the form group. A form without this
    field draws nothing, so one template serves forms that differ by component.
    """
    if not isinstance(field, BoundField):
        return {"kind": "missing"}
    kind = _widget_kind(field.field.widget)
    grouped = kind in {"radios", "checkboxes"}
    return {
        "field": field,
        "kind": kind,
        "label": label or field.label,
        "css": css,
        "hint_id": f"{field.auto_id}_hint",
        "error_id": f"{field.auto_id}_error",
        "described_by": _described_by(field),
        "options": _options(field, kind),
        "widget": "" if grouped else _render_widget(field, kind),
        "option_type": "radio" if kind == "radios" else "checkbox",
    }


@register.inclusion_tag("uswds/error_summary.html")
def error_summary(form: forms.BaseForm | None) -> dict[str, Any]:
    """All faults of a form in one box that takes the focus, each a link to its field."""
    if form is None or not form.is_bound:
        return {"count": 0}
    faults = [
        {"target": _focus_target(bound), "label": bound.label, "message": message}
        for bound in form
        for message in bound.errors
    ]
    general = list(form.non_field_errors())
    return {"general": general, "faults": faults, "count": len(faults) + len(general)}


def _focus_target(field: BoundField) -> str:
    """The id a link must name: of a group, its first choice, for a fieldset can't take focus."""
    kind = _widget_kind(field.field.widget)
    return f"{field.auto_id}_0" if kind in {"radios", "checkboxes"} else field.auto_id


@register.simple_tag
@lru_cache(maxsize=512)  # A page of hits draws a hundred, of a dozen kinds.
def icon(name: str, css: str = "") -> SafeString:
    """Draw a symbol of the USWDS sprite; decoration only, so hidden from screen readers."""
    return format_html(
        '<svg class="usa-icon {}" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        css,
        static(SPRITE),
        name,
    )


@register.simple_tag
def localtime(moment: datetime | None, timezone: str | None = None) -> SafeString | str:
    """Show a moment in the local time of a place and in UTC (QRY-6).

    ``timezone`` is an IANA name; without one only UTC is shown. Months are spelt, for 04/05 reads
    differently on the two sides of an ocean.
    """
    if moment is None:
        return "—"
    utc = moment.astimezone(UTC)
    local = moment.astimezone(ZoneInfo(timezone)) if timezone else utc
    if timezone in {None, "", "UTC"}:
        return format_html(
            '<time datetime="{}"><span class="lpr-time">{}</span></time>',
            utc.isoformat(),
            f"{_clock(utc)} UTC",
        )
    return format_html(
        '<time datetime="{}"><span class="lpr-time">{}</span> '
        '<span class="lpr-utc">{}</span></time>',
        utc.isoformat(),
        f"{_clock(local)} {local.tzname()}",
        _utc_beside(local, utc),
    )


def _clock(moment: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment.year}, {moment:%H:%M:%S}"


def _utc_beside(local: datetime, utc: datetime) -> str:
    if local.date() == utc.date():
        return f"{utc:%H:%M:%S} UTC"
    return f"{_clock(utc)} UTC"


@register.filter
def day(value: date | datetime | None) -> str:
    """A date with its month spelt: Jan 5, 2026."""
    return f"{value:%b} {value.day}, {value.year}" if value else "—"


@register.filter
def ago(moment: datetime, now: datetime) -> str:
    """How long ago that was, in words."""
    if now - moment < timedelta(minutes=1):
        return "less than a minute ago"
    return f"{timesince(moment, now)} ago"


@register.filter
def percent(value: float | Decimal | None) -> str:
    """A share between 0 and 1 as whole percent, or that it is not given."""
    return "not given" if value is None else f"{round(float(value) * 100)} %"


@register.filter
def confidence_words(value: float | Decimal | None) -> str:
    """How sure the reading software said it was, in words. The limits are an own choice."""
    if value is None:
        return "The camera did not say how sure it was"
    return next(words for limit, words in _CONFIDENCE if float(value) >= limit)


@register.filter
def coordinate(value: float | Decimal | None) -> str:
    """A latitude or longitude in degrees with five decimals (about a metre)."""
    return "—" if value is None else f"{float(value):.5f}"


@register.filter
def alert_level(tags: str) -> str:
    """The USWDS alert variant for a message's level tag."""
    return _ALERT_LEVELS.get(tags, tags or "info")


@register.inclusion_tag("uswds/page_links.html", takes_context=True)
def page_links(
    context: RequestContext, page: "Page[Any]", name: str = "page", label: str = "Pages"
) -> dict[str, Any]:
    """Numbered links to the other pages of a list, keeping the rest of the query string."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "page": page,
        "label": label,
        "gap": page.paginator.ELLIPSIS,
        "links": [(number, _page_url(context, name, number)) for number in numbers],
        "previous": _page_url(context, name, page.number - 1),
        "next": _page_url(context, name, page.number + 1),
    }


def _page_url(context: RequestContext, name: str, number: int | str) -> str:
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query is None:
        return f"?{name}={number}"
    query[name] = str(number)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def query_with(context: RequestContext, **changes: str | int | None) -> str:
    """The present query string with some values set, or taken out when None."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.inclusion_tag("partials/_map_scripts.html")
def map_scripts() -> dict[str, Any]:
    """The scripts of a page with maps, and what they may draw: the sources of the settings."""
    return {"layers": [_layer(source) for source in all_sources()]}


def _layer(source: TileSource) -> dict[str, Any]:
    address = reverse("map_tile", args=[source.code, 0, 0, 0]).removesuffix("0/0/0")
    return {
        "kind": source.kind,
        "layer": source.layer,
        "label": source.label,
        "credit": source.credit,
        "minZoom": source.min_zoom,
        "maxZoom": source.max_zoom,
        "url": f"{address}{{z}}/{{x}}/{{y}}",
    }


@register.simple_tag
def map_point(hit: Any, element_id: str) -> SafeString:
    """Give the map script its one hit: ``latitude``, ``longitude`` in degrees, ``captured_at`` and
    ``timezone``, and where known ``camera_name`` and ``source_name``."""
    local = _value(hit, "captured_at").astimezone(ZoneInfo(_value(hit, "timezone") or "UTC"))
    point = MapPoint(
        latitude=float(_value(hit, "latitude")),
        longitude=float(_value(hit, "longitude")),
        source=_value(hit, "source_name") or "",
        camera=_value(hit, "camera_name") or "",
        local=local,
        number=1,
    )
    return map_block(map_data([point]), element_id)


@register.simple_tag
def map_block(data: Mapping[str, Any], element_id: str) -> SafeString:
    """What `lprsvc.lib.mapping` made for the map's script, as hidden text.

    Not in a script element, inert as its content would be: htmx, told to allow none, drops them
    from the parts of a page that it puts in.
    """
    content = json.dumps(data, separators=(",", ":")).translate(_JSON_ESCAPES)
    return format_html('<div id="{}" hidden>{}</div>', element_id, mark_safe(content))  # noqa: S308


def _value(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


@register.filter
def plain(value: Any) -> str:
    """A logged value as people read it: lists with commas, yes and no, a dash for nothing."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {plain(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(part) for part in value)
    return str(value)
