"""The structure of a PDF: what is a heading, a fact, a row, a picture, with words for pictures.

ISO 32000-1, 14.7 and 14.8: content of a page is marked with numbers, and a tree says what each
number is part of. What only decorates, and what every page repeats, is an artifact, and read by
nobody.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFObjectReference,
    PDFString,
)
from reportlab.pdfgen.canvas import Canvas


@dataclass
class Element:
    """A part of the structure: `kind` by the standard's names (H1, P, Table …), `words` for what
    can't be read. Its kids are other parts, or (page, number) of marked content, both from 0."""

    kind: str
    words: str = ""
    kids: "list[Element | tuple[int, int]]" = field(default_factory=list)


class Structure:
    """The tree of one document while it is drawn, in the order of drawing."""

    def __init__(self) -> None:
        self.root = Element("Document")
        self._open = [self.root]
        # By page and number, whose the marked content is.
        self.marked: list[list[Element]] = [[]]

    def begin(self, kind: str) -> Element:
        """Open a part; what follows is within it."""
        element = Element(kind)
        self._open[-1].kids.append(element)
        self._open.append(element)
        return element

    def end(self) -> None:
        """Close the part that was opened last."""
        self._open.pop()

    def leaf(self, kind: str, words: str = "") -> Element:
        """A part without parts of its own, at this place of the order."""
        element = Element(kind, words)
        self._open[-1].kids.append(element)
        return element

    def mark(self, element: Element, page: int) -> int:
        """The number of a new piece of content of the part, on that page."""
        numbers = self.marked[page]
        numbers.append(element)
        element.kids.append((page, len(numbers) - 1))
        return len(numbers) - 1


class TaggedCanvas(Canvas):  # type: ignore[misc]
    """A canvas that marks what is drawn. A subclass for each document, with its `structure`."""

    structure: Structure

    @contextmanager
    def tagged(self, kind: str, words: str = "") -> Iterator[None]:
        """What is drawn within is a part of this kind; `words` say what a picture shows."""
        with self.part_of(self.structure.leaf(kind, words)):
            yield

    @contextmanager
    def part_of(self, element: Element, *, page: int | None = None) -> Iterator[None]:
        """What is drawn within belongs to the element; `page` where it is not the last one."""
        at = len(self.structure.marked) - 1 if page is None else page
        number = self.structure.mark(element, at)
        self._code.append(f"/{element.kind} <</MCID {number}>> BDC")
        yield
        self._code.append("EMC")

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """What is drawn within says nothing of its own."""
        self.begin_artifact()
        yield
        self.end_artifact()

    def begin_artifact(self) -> None:
        """As `artifact`, where no block holds what is drawn."""
        self._code.append("/Artifact BMC")

    def end_artifact(self) -> None:
        """The end of `begin_artifact`."""
        self._code.append("EMC")

    def write_structure(self) -> None:
        """Put the tree into the document, once all its pages are in."""
        pages = self._doc.Pages.pages
        for number, page in enumerate(pages):
            # The library's pages know neither: they are written where they are named.
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = number, PDFName("S")
        refs = [self._doc.Reference(page) for page in pages]
        written = _Written(self._doc, refs)
        top = written.add(self.structure.root, "structure.root")
        parents: list[Any] = []
        for number, elements in enumerate(self.structure.marked[: len(pages)]):
            parents += [number, PDFArray([written.of[id(element)] for element in elements])]
        tree = PDFDictionary(
            {
                "Type": PDFName("StructTreeRoot"),
                "K": PDFArray([top]),
                "ParentTree": self._doc.Reference(PDFDictionary({"Nums": PDFArray(parents)})),
                "ParentTreeNextKey": len(pages),
            }
        )
        self._doc.Reference(tree, "structure.root")
        catalog = self._doc.Catalog
        catalog.StructTreeRoot = tree
        catalog.MarkInfo = PDFDictionary({"Marked": "true"})


def tagged_table(kind: str, row_kind: str) -> Callable[..., None]:
    """For ``Table(renderCB=…)``: a part of `kind` with a part of `row_kind` for each row; lines and
    colors are artifacts. Empty kinds: no parts, as where a table only puts things side by side."""

    def on(table: Any, event: str, *_: Any) -> None:
        canvas = table.canv
        if event in {"startBG", "startLines"}:
            canvas.begin_artifact()
        elif event in {"endBG", "endLines"}:
            canvas.end_artifact()
        elif event == "startTable" and kind:
            canvas.structure.begin(kind)
        elif event == "startRow" and row_kind:
            canvas.structure.begin(row_kind)
        elif (event == "endTable" and kind) or (event == "endRow" and row_kind):
            canvas.structure.end()

    return on


@dataclass
class _Written:
    """The elements as objects of the file, by id of the element."""

    document: Any
    pages: list[Any]
    of: dict[int, PDFObjectReference] = field(default_factory=dict)

    def add(self, element: Element, parent: str) -> PDFObjectReference:
        """The element and all below it."""
        name = f"structure.{len(self.of)}"
        self.of[id(element)] = PDFObjectReference(name)
        entries: dict[str, Any] = {
            "Type": PDFName("StructElem"),
            "S": PDFName(element.kind),
            "P": PDFObjectReference(parent),
        }
        if element.words:
            entries["Alt"] = PDFString(element.words)
        if element.kind == "TH":
            scope = {"O": PDFName("Table"), "Scope": PDFName("Column")}
            entries["A"] = PDFDictionary(scope)
        entries["K"] = PDFArray([self._kid(kid, name) for kid in element.kids])
        self.document.Reference(PDFDictionary(entries), name)
        return self.of[id(element)]

    def _kid(self, kid: Element | tuple[int, int], name: str) -> Any:
        if isinstance(kid, Element):
            return self.add(kid, name)
        page, number = kid
        return PDFDictionary({"Type": PDFName("MCR"), "Pg": self.pages[page], "MCID": number})
