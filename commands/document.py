"""The document store: files under the SHA-256 of their bytes, written whole or not at all, never changed."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from activities.office_file import converter, pdf_of
from db.audit import record
from db.document import made_of, remember_document, visible_document
from db.engine import Database
from db.record import Document
from domain.access import Action, Actor
from domain.file_type import PDF, TYPES, media_type_of
from domain.refusal import Refused, invalid, not_found

LARGEST = 25 * 1024 * 1024
"""Bytes of one document."""
_PDF_BEGINS = b"%PDF-"
_WORD = ".docx"
_NAME_MAX = 120


@dataclass(frozen=True)
class Stored:
    """`name` is what the person called the file, without its folders."""

    hash: str
    name: str
    media_type: str
    size: int


class DocumentStore:
    """A folder: `ab/cd/<hash>` by the hash's first characters, so that no folder grows long."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:4] / digest

    async def put(
        self, chunks: AsyncIterator[bytes], check: Callable[[bytes], object] = lambda head: None, most: int = LARGEST
    ) -> tuple[str, int]:
        """Hash and size in bytes. Raises Refused for a file that is empty or too large, or what `check` raises when it
        sees how the file begins; then nothing is kept.

        What is inside is for those who open it to find out.
        """
        incoming = await asyncio.to_thread(self._open_incoming)
        path = Path(incoming.name)
        try:
            with incoming as file:
                digest, size = await self._receive(file, chunks, check, most)
            await asyncio.to_thread(self._keep, path, digest)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Refused("disk_full", 507) from error
            raise
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)  # kept under its hash by now, or not wanted
        return digest, size

    def _open_incoming(self) -> IO[bytes]:
        folder = self.folder / "incoming"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.NamedTemporaryFile(dir=folder, delete=False)

    async def _receive(
        self, file: IO[bytes], chunks: AsyncIterator[bytes], check: Callable[[bytes], object], most: int
    ) -> tuple[str, int]:
        digest, size = sha256(), 0
        async for chunk in chunks:
            if not size:
                check(chunk)
            size += len(chunk)
            if size > most:
                raise Refused("document_too_large", 413, field="file", most=most // 1024**2)
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        if not size:
            raise invalid("document_empty", "file")
        await asyncio.to_thread(_to_disk, file)
        return digest.hexdigest(), size

    def _keep(self, incoming: Path, digest: str) -> None:
        """The name appears with all bytes behind it. The same bytes again take the same place."""
        target = self.path(digest)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        incoming.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


class Documents:
    """Files go in for whoever works on contracts or deals, and out for whoever may see a record that refers to them."""

    def __init__(self, db: Database, store: DocumentStore) -> None:
        self.db = db
        self.store = store
        self._converting = asyncio.Semaphore(1)

    async def add(self, actor: Actor, name: str, chunks: AsyncIterator[bytes]) -> Stored:
        """A PDF, or a Word file where LibreOffice makes a PDF of it: that is the document then, and remembers the file.

        Sending the same bytes again gives the same document, under the name it had first.
        """
        actor.require(Action.CONTRACT_WORK)
        called = bare_name(name)
        word = called.lower().endswith(_WORD)
        digest, size = await self.store.put(chunks, _is_word if word else _is_pdf)
        if word:
            return await self._converted(actor, Stored(digest, called, TYPES[_WORD.removeprefix(".")].media_type, size))
        return await self._remember(actor, Stored(digest, called, PDF, size))

    async def _converted(self, actor: Actor, original: Stored) -> Stored:
        """The PDF made of a Word file that is kept, made once. Raises Refused (422)."""
        async with self.db.session(actor.id) as session:
            made = await made_of(session, original.hash)
        if made is not None:
            return Stored(made.hash, made.name, made.media_type, made.size)
        async with self._converting:
            content = await asyncio.to_thread(pdf_of, self.store.path(original.hash), _WORD)
        if content is None:
            raise invalid("word_unreadable", "file")
        await self._remember(actor, original)

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        digest, size = await self.store.put(chunks(), _is_pdf)
        name = f"{original.name[: -len(_WORD)]}.pdf"
        return await self._remember(actor, Stored(digest, name, PDF, size), original=original.hash)

    async def add_file(
        self, actor: Actor, name: str, chunks: AsyncIterator[bytes], *, needs: Action = Action.DEAL_WORK
    ) -> Stored:
        """A file for a deal or a ticket: text, a picture, PDF or an office document (domain.file_type)."""
        actor.require(needs)
        called, seen = bare_name(name), []

        def check(head: bytes) -> None:
            seen.append(media_type_of(called, head))

        digest, size = await self.store.put(chunks, check)
        return await self._remember(actor, Stored(digest, called, seen[0], size))

    async def keep(self, actor: Actor, name: str, content: bytes) -> str:
        """A PDF that we made ourselves: its hash."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        digest, size = await self.store.put(chunks(), _is_pdf)
        await self._remember(actor, Stored(digest, bare_name(name), PDF, size))
        return digest

    async def _remember(self, actor: Actor, stored: Stored, original: str | None = None) -> Stored:
        async with self.db.session(actor.id) as session:
            await remember_document(session, **asdict(stored), added_by=actor.id, original=original)
            await record(session, actor.id, "AddDocument", f"document/{stored.hash}")
        return stored

    async def find(self, actor: Actor, digest: str) -> tuple[Document, Path]:
        """Raises Refused (404) where there is none, or none this person may see."""
        async with self.db.session(actor.id) as session:
            document = await visible_document(session, actor, digest)
        path = self.store.path(digest)
        if not await asyncio.to_thread(path.is_file):
            raise not_found("document")
        return document, path


def _is_pdf(head: bytes) -> None:
    if not head.startswith(_PDF_BEGINS):
        raise invalid("document_not_pdf", "file")


def _is_word(head: bytes) -> None:
    if not head.startswith(TYPES["docx"].begins[0]):
        raise invalid("file_other_type", "file", ending="docx")
    if converter() is None:
        raise invalid("word_unsupported", "file")


def bare_name(name: str) -> str:
    """Without folders, and without characters that a terminal or a header would take for something else."""
    bare = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable()).strip()
    return bare[-_NAME_MAX:] or "document.pdf"


@asynccontextmanager
async def looked_at(chunks: AsyncIterator[bytes], suffix: str = ".pdf") -> AsyncIterator[Path]:
    """A file that is only looked at, for as long as that takes. Raises Refused: 413 too large, 422 empty."""
    with tempfile.NamedTemporaryFile(prefix="throughline-look-", suffix=suffix) as file:
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > LARGEST:
                raise Refused("document_too_large", 413, field="file", most=LARGEST // 1024**2)
            await asyncio.to_thread(file.write, chunk)
        if not size:
            raise invalid("document_empty", "file")
        await asyncio.to_thread(file.flush)
        yield Path(file.name)
