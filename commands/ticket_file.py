"""The files somebody sends the service desk without signing in: a few, small ones, kept by hash like a mail's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from commands.document import DocumentStore, bare_name
from commands.ticket_intake import Attachment
from db.document import remember_document
from db.engine import Database
from domain.file_type import media_type_of
from domain.refusal import Refused, invalid

FILES_MOST = 5
TOGETHER = 25 * 1024 * 1024
"""Bytes of all files sent at once."""
NAMED = {
    "file_type": "named_file_type",
    "file_other_type": "named_file_other_type",
    "document_empty": "named_file_empty",
    "document_too_large": "files_too_large",
}
"""Of several files it must be said which one it is."""

SentFiles = Sequence[tuple[str, AsyncIterator[bytes]]]
"""Each file's name and bytes."""


class TicketFiles:
    def __init__(self, db: Database, store: DocumentStore) -> None:
        self.db = db
        self.store = store

    async def keep(self, files: SentFiles) -> list[Attachment]:
        """What each really is, is told by its bytes. Raises Refused on the field `files`: 413, 422, 507; what was kept
        by then hangs on nothing, so nobody can open it."""
        if len(files) > FILES_MOST:
            raise invalid("too_many_files", "files", most=FILES_MOST)
        kept: list[Attachment] = []
        for name, chunks in files:
            called = bare_name(name)
            try:
                kept.append(await self._keep(called, chunks, TOGETHER - sum(one.size for one in kept)))
            except Refused as refused:
                code = NAMED.get(refused.code, refused.code)
                told = refused.params | {"name": called, "most": TOGETHER // 1024**2}
                raise Refused(code, refused.status, field="files", **told) from refused
        return kept

    async def _keep(self, called: str, chunks: AsyncIterator[bytes], left: int) -> Attachment:
        told = list[str]()
        digest, size = await self.store.put(chunks, lambda head: told.append(media_type_of(called, head)), left)
        row = {"hash": digest, "name": called, "media_type": told[0], "size": size}
        async with self.db.session("public") as session:
            await remember_document(session, **row, added_by="public", original=None)
        return Attachment(hash=digest, name=called, size=size, type=told[0])
