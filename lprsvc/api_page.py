"""An OpenAPI description made ready for a page: pure, and knows nothing of what is described."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

_METHODS = ("get", "post", "put", "patch", "delete")
_SCHEMAS = "#/components/schemas/"
# Format of a text → in words.
_TEXTS = {"binary": "bytes", "date-time": "date and time", "date": "date", "uuid": "UUID"}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object, or a parameter of a request. `anchor` is the object it holds."""

    name: str
    type: str
    about: str
    is_required: bool = False
    anchor: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """One example, as text to copy."""

    name: str
    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """One content type that is taken or sent."""

    content_type: str
    type: str
    about: str
    anchor: str
    members: tuple[Member, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that may come back."""

    status: str
    title: str
    about: str
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one address."""

    id: str
    method: str
    address: str
    summary: str
    about: str
    credentials: tuple[str, ...]
    parameters: tuple[Member, ...]
    bodies: tuple[Body, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object that several operations take or send."""

    name: str
    about: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Credential:
    """A way to say who asks."""

    name: str
    place: str
    about: str


@dataclass(frozen=True, slots=True)
class ApiPage:
    """All of it."""

    title: str
    version: str
    about: str
    operations: tuple[Operation, ...]
    shapes: tuple[Shape, ...]
    credentials: tuple[Credential, ...]


def page_of(schema: Mapping[str, Any]) -> ApiPage:
    """The page of an OpenAPI 3.1 document."""
    components = schema.get("components", {})
    return ApiPage(
        title=schema["info"]["title"],
        version=schema["info"]["version"],
        about=schema["info"].get("description", ""),
        operations=tuple(_operations(schema)),
        shapes=tuple(
            Shape(name, shape.get("description", ""), _members(shape))
            for name, shape in sorted(components.get("schemas", {}).items())
        ),
        credentials=tuple(
            Credential(name, _place(scheme), scheme.get("description", ""))
            for name, scheme in components.get("securitySchemes", {}).items()
        ),
    )


def _operations(schema: Mapping[str, Any]) -> Iterator[Operation]:
    for address, item in schema["paths"].items():
        for method in _METHODS:
            if operation := item.get(method):
                yield _operation(address, method, operation)


def _operation(address: str, method: str, operation: Mapping[str, Any]) -> Operation:
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        address=address,
        summary=operation.get("summary", ""),
        about=operation.get("description", ""),
        credentials=tuple(name for way in operation.get("security", ()) for name in way),
        parameters=tuple(_parameter(given) for given in operation.get("parameters", ())),
        bodies=_bodies(operation.get("requestBody", {}).get("content", {})),
        answers=tuple(
            _answer(status, answer) for status, answer in operation.get("responses", {}).items()
        ),
    )


def _parameter(given: Mapping[str, Any]) -> Member:
    schema = given.get("schema", {})
    return Member(
        name=given["name"],
        type=_type(schema),
        about=given.get("description", ""),
        is_required=given.get("required", False),
        where=f"in the {'address' if given['in'] == 'path' else given['in']}",
    )


def _answer(status: str, answer: Mapping[str, Any]) -> Answer:
    title = HTTPStatus(int(status)).phrase if status.isdecimal() else ""
    return Answer(status, title, answer.get("description", ""), _bodies(answer.get("content", {})))


def _bodies(content: Mapping[str, Any]) -> tuple[Body, ...]:
    return tuple(
        Body(
            content_type=content_type,
            type=_type(media["schema"]),
            about=media["schema"].get("description", ""),
            anchor=_anchor(media["schema"]),
            members=_members(media["schema"]),
            examples=tuple(
                Example(
                    example.get("summary") or name,
                    _shown(example["value"]),
                    example.get("description", ""),
                )
                for name, example in media.get("examples", {}).items()
            ),
        )
        for content_type, media in content.items()
        if "schema" in media
    )


def _members(schema: Mapping[str, Any]) -> tuple[Member, ...]:
    required = schema.get("required", ())
    return tuple(
        Member(
            name, _type(member), member.get("description", ""), name in required, _anchor(member)
        )
        for name, member in schema.get("properties", {}).items()
    )


def _anchor(schema: Mapping[str, Any]) -> str:
    """The name of the component that it is, or is a list of, or may be."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_SCHEMAS)
    inner = [schema["items"]] if "items" in schema else schema.get("oneOf", ())
    return next(filter(None, map(_anchor, inner)), "")


def _type(schema: Mapping[str, Any]) -> str:
    """What it is, in a few words."""
    if "$ref" in schema:
        return _anchor(schema)
    if "oneOf" in schema:
        return " or ".join(_type(one) for one in schema["oneOf"])
    kinds = schema.get("type", "anything")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_kind(kind, schema) for kind in kinds)


def _kind(kind: str, schema: Mapping[str, Any]) -> str:
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "string" and (values := [v for v in schema.get("enum", ()) if v is not None]):
        return ", ".join(map(str, values))
    if kind == "string":
        return _TEXTS.get(schema.get("format", ""), "text")
    return kind


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _place(scheme: Mapping[str, Any]) -> str:
    if scheme.get("type") == "apiKey":
        where = {"header": "header", "query": "in the address", "cookie": "cookie"}[scheme["in"]]
        return f"{where} {scheme['name']}"
    return str(scheme.get("scheme") or scheme.get("type", ""))
