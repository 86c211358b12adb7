"""Pages of documents as pictures, for whoever may see the document: drawn once, then kept by the document's hash."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from activities.page_image import DrawnPage, NotDrawn, draw_page
from commands.document import Documents
from db.record import Document
from domain.access import Actor
from domain.clause.page import State
from domain.file_type import PDF
from domain.refusal import Refused, not_found

AT_ONCE = 2
"""Pages drawn at the same time: each takes a processor for a tenth of a second, and a hostile one for fifteen."""
_KNOWN_FAILURES = 1000
_CODES = {
    State.PASSWORD_REQUIRED: "document_locked",
    State.REFUSED: "document_beyond_limits",
    State.UNSUPPORTED: "document_without_pages",
}


@dataclass(frozen=True)
class Looked:
    """A document's name, its pages where they can be drawn, else its state and the limit it is beyond."""

    name: str
    pages: int
    state: State
    limit: str = ""


class PageImages:
    """A folder: `<hash>/<no>.webp`, and `<no>.json` with the words of the page and where they are.

    Beside them `<no>.ocr.json` of scanned pages (activities/scan_reader.py).
    """

    def __init__(self, documents: Documents, folder: Path) -> None:
        self.documents = documents
        self.folder = folder
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._drawing: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()
        self._failed: dict[Path, NotDrawn] = {}

    async def image(self, actor: Actor, digest: str, number: int) -> Path:
        """WebP in grey. Raises Refused: 404 for a page or document there is none of, 422 where it cannot be drawn."""
        return (await self._page(actor, digest, number)).with_suffix(".webp")

    async def words(self, actor: Actor, digest: str, number: int) -> Path:
        """JSON: `pages` of the document, `width` and `height` in points, `words` as [text, left, top, right, bottom]
        in fractions of the page; of a scanned page those that OCR has read. Raises Refused like `image`."""
        page = await self._page(actor, digest, number)
        scan = page.with_suffix(".ocr.json")
        return scan if await asyncio.to_thread(scan.is_file) else page.with_suffix(".json")

    async def image_of(self, document: Document, source: Path, number: int) -> Path:
        """`image` of a document that somebody may see for another reason than a record of theirs."""
        page = await self._drawn(document, source, number)
        if isinstance(page, NotDrawn):
            raise _refusal(page)
        return page.with_suffix(".webp")

    async def look(self, actor: Actor, digest: str) -> Looked:
        """What there is to see of a document. Raises Refused (404) where this person may not see it."""
        return await self.look_at(*await self.documents.find(actor, digest))

    async def look_at(self, document: Document, source: Path) -> Looked:
        """`look` at a document that somebody may see for another reason."""
        page = await self._drawn(document, source, 1)
        if isinstance(page, NotDrawn):
            return Looked(document.name, 0, page.state, page.limit)
        said = json.loads(await asyncio.to_thread(page.with_suffix(".json").read_bytes))
        return Looked(document.name, said["pages"], State.TEXT)

    async def _page(self, actor: Actor, digest: str, number: int) -> Path:
        page = await self._drawn(*await self.documents.find(actor, digest), number)
        if isinstance(page, NotDrawn):
            raise _refusal(page)
        return page

    async def _drawn(self, document: Document, source: Path, number: int) -> Path | NotDrawn:
        if document.media_type != PDF:
            return NotDrawn(State.UNSUPPORTED)
        page = self.folder / document.hash / str(number)
        lock = self._drawing.setdefault(page, asyncio.Lock())
        async with lock:  # who asks for the same page meanwhile finds it drawn
            if await asyncio.to_thread(_kept, page):
                return page
            return self._failed.get(page) or await self._draw(source, page, number)

    async def _draw(self, source: Path, page: Path, number: int) -> Path | NotDrawn:
        async with self._at_once:
            drawn = await asyncio.to_thread(draw_page, source, number)
        if isinstance(drawn, NotDrawn):
            if len(self._failed) >= _KNOWN_FAILURES:
                self._failed.clear()
            self._failed[page] = drawn
            return drawn
        await asyncio.to_thread(_keep, page, drawn)
        return page


def _kept(page: Path) -> bool:
    return page.with_suffix(".webp").is_file()


def _keep(page: Path, drawn: DrawnPage) -> None:
    """The picture comes last: where it is, the words are."""
    page.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(page.with_suffix(".json"), json.dumps(drawn.words, ensure_ascii=False, separators=(",", ":")).encode())
    _write(page.with_suffix(".webp"), drawn.image)


def _write(target: Path, content: bytes) -> None:
    """Whole or not at all. Lost with a power cut, it is drawn anew."""
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _refusal(drawn: NotDrawn) -> Refused:
    if drawn.limit == "page":
        return not_found("page")
    return Refused(_CODES.get(drawn.state, "document_broken"), 422)
