"""Sealing a PDF with one more signature: drawn and prepared in a child, signed here, read back before it counts."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from activities.sealing import Issued, SealedDocument, SealWork
from commands.authority import Authority
from commands.document import LARGEST, DocumentStore
from commands.paper import draw
from commands.sandbox import MIB, Limits, run_limited
from commands.sealing_child import OURS
from commands.sealing_page import STAMP, boxes, page_source, sheets
from commands.signer import sign_digest
from domain.refusal import Refused
from settings import Settings

WITHIN = Limits(memory=1024 * MIB, cpu=60, wall=90.0)
SAID = "签署 Signed"
"""Stands before the time, in the contract's two languages."""
READING = Limits(memory=768 * MIB, cpu=15, wall=25.0, answer=MIB)
"""For files that anybody sends to be looked at."""


class Sealer:
    def __init__(self, settings: Settings) -> None:
        self.store = DocumentStore(settings.home / "documents")
        self.authority = Authority(settings)
        self.company = settings.company
        self.zone = ZoneInfo(settings.zone)

    async def issue(self, name: str, holder: str, organisation: str = "") -> Issued:
        return await asyncio.to_thread(self.authority.issue, name, holder, organisation)

    async def issuer(self) -> str:
        return await asyncio.to_thread(lambda: self.authority.issuer)

    async def seal(self, work: SealWork) -> SealedDocument:
        """The document with this signature, kept in the store. Raises Refused: seal_impossible, signed_before,
        seal_unsound where what came out is not what was to be; or a limit's."""
        stamp = await draw(STAMP, await asyncio.to_thread(self._stamp, work))
        page = await draw(page_source(), self._page(work)) if work.first else b""
        with tempfile.TemporaryDirectory(prefix="throughline-seal-") as folder:
            drawn, paper, out = (Path(folder) / name for name in ("stamp.pdf", "page.pdf", "sealed.pdf"))
            await asyncio.to_thread(drawn.write_bytes, stamp)
            await asyncio.to_thread(paper.write_bytes, page)
            chain = await asyncio.to_thread(lambda: self.authority.chain)
            room = await run_limited(
                "commands.sealing_child:prepare", str(self.store.path(work.source)), str(out), str(drawn),
                f"{OURS}{work.no}", work.issued.certificate, chain, work.name, SAID, str(paper),
                boxes(len(work.sides)) if work.first else [], limits=WITHIN,
            )  # fmt: skip
            await self._sign(out, room, work.issued)
            await self._check(out, work)
            content = await asyncio.to_thread(out.read_bytes)

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        digest, size = await self.store.put(chunks(), lambda _: None)
        return SealedDocument(digest, size)

    async def read(self, path: Path) -> dict[str, Any]:
        """What signatures a file carries (commands.sealing_child.read_signatures), by what is trusted here."""
        return await read_signed(path, await asyncio.to_thread(self.authority.roots))

    async def _sign(self, out: Path, room: dict[str, Any], issued: Issued) -> None:
        """Only the digest is signed here, so that nothing in the document meets the key."""
        digest = bytes.fromhex(room["digest"])
        signature = await asyncio.to_thread(sign_digest, self.authority, issued, digest)

        def fill() -> None:
            content = BytesIO(out.read_bytes())
            place = PreparedByteRangeDigest(b"", room["start"], room["end"])
            place.fill_with_cms(content, signature)
            out.write_bytes(content.getvalue())

        await asyncio.to_thread(fill)

    async def _check(self, out: Path, work: SealWork) -> None:
        """Every signature so far holds, the newest covers the whole file, and the source is the file's beginning."""
        seen = await run_limited(
            "commands.sealing_child:read_signatures", str(out), self.authority.roots(), limits=WITHIN
        )
        found = seen["signatures"]
        names = [one["field"] for one in found]
        sound = bool(found) and all(one["good"] and not one["changed"] for one in found)
        last = sound and found[-1]["whole"] and names[-1] == f"{OURS}{work.no}" and len(set(names)) == len(names)
        if not last or not await asyncio.to_thread(self._continues, out, work.source):
            raise Refused("seal_unsound", 422, field="file")

    def _continues(self, out: Path, source: str) -> bool:
        size = self.store.path(source).stat().st_size
        with out.open("rb") as file:
            return hashlib.sha256(file.read(size)).hexdigest() == source

    def _stamp(self, work: SealWork) -> dict[str, Any]:
        at = work.at.astimezone(self.zone)
        offset = at.strftime("%z")
        return {
            "name": work.name, "latin": work.latin, "role": work.role, "said": SAID,
            "at": f"{at:%Y-%m-%d %H:%M:%S} (UTC{offset[:3]}:{offset[3:]})",
            "proof": f"SHA-256 {work.source[:16]} · {work.issued.serial[:16]}",
            "mark": self._picture(work.mark), "chop": self._picture(work.chop),
        }  # fmt: skip

    def _picture(self, digest: str | None) -> list[int] | None:
        return list(self.store.path(digest).read_bytes()) if digest else None

    def _page(self, work: SealWork) -> dict[str, Any]:
        whose = {"ours": f"我方 For {self.company}", "customer": f"客户 For {work.customer}"}
        captions = [f"{no} · {whose[side]}" for no, side in enumerate(work.sides, 1)]
        return {
            "title": work.title, "facts": work.facts, "sheets": sheets(captions),
            "foot": f"SHA-256 {work.source}",
        }  # fmt: skip


async def read_signed(path: Path, roots: list[str]) -> dict[str, Any]:
    """Raises Refused: 422 document_not_pdf or file_unreadable, 413 where it is too large."""
    if (await asyncio.to_thread(path.stat)).st_size > LARGEST:
        raise Refused("document_too_large", 413, field="file", most=LARGEST // MIB)
    found: dict[str, Any] = await run_limited(
        "commands.sealing_child:read_signatures", str(path), roots, limits=READING
    )
    return found
