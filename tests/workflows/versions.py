"""Contracts with several versions, each a small PDF of English lines, brought through approval by two people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

from commands.document import Documents, DocumentStore
from commands.policy import Policies
from db.contract import Approval, Contract
from db.policy import current_policy
from tests.workflows.approvals import Request, Scene, step
from tests.workflows.office import YUAN, Office

SALE = (
    "EQUIPMENT SALE AGREEMENT",
    "1. Fees",
    "1.1 The Customer shall pay each invoice within thirty (30) days of receipt.",
    "1.2 Prices are exclusive of value added tax and include the packaging.",
    "2. Delivery",
    "2.1 The Supplier delivers the pumps to the plant of the Customer in Suzhou.",
)


def sheet(lines: Sequence[str]) -> bytes:
    """A PDF of one page with these lines, each a paragraph."""
    drawn = b"".join(
        b"BT /F1 10 Tf 60 %d Td (%s) Tj ET\n" % (760 - 34 * no, line.replace("(", "\\(").replace(")", "\\)").encode())
        for no, line in enumerate(lines)
    )
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
        b"/Contents 5 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
    ]  # fmt: skip
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    return bytes(out)


class VersionOffice:
    """A contract that zhao.min approves first and xu.jing second; the owner li.wei submits."""

    def __init__(self, office: Office, contract: Contract) -> None:
        self.office = office
        self.contract = contract

    @classmethod
    async def begin(cls, office: Office, reopens: Sequence[str], amount: int = 180_000 * YUAN) -> VersionOffice:
        scene = Scene(office)
        columns = [{"key": "amount", "type": "money", "min": 0}, {"key": "currency", "type": "enum", "values": ["CNY"]}]
        steps = [step("one", scene.person("zhao.min")), step("two", scene.person("xu.jing"))]
        await scene.publish({
            "engine": 1, "rules": {"resubmit": "where_returned"},
            "table": {"columns": columns, "rows": [{"id": "every", "when": {}, "then": {"steps": steps}}]},
        })  # fmt: skip
        await cls._publish(office, {"reopens": list(reopens)})
        _, contract = await office.negotiating(amount)
        return cls(office, contract)

    @staticmethod
    async def _publish(office: Office, versions: dict[str, Any]) -> None:
        async with office.db.session() as session:
            version, document = await current_policy(session, "contract")
        document = {**document, "versions": versions}
        admin = await office.actor("gu.ming")
        await Policies(office.db).publish(admin, uuid4().hex, "contract", document, follows=version)

    async def submit(self, lines: Sequence[str] | bytes | None, *, amount: int | None = None) -> Request:
        """The approval of the version submitted."""
        office, actor = self.office, await self.office.actor("li.wei")
        found = await office.until(lambda: office.row(Contract, id=self.contract.id, status="draft"), "a draft")
        document = None if lines is None else await self._kept(lines if isinstance(lines, bytes) else sheet(lines))
        await office.contracts.submit(
            actor, uuid4().hex, found.id, version=found.version, amount=amount or found.amount, document=document
        )
        where = {"subject_id": found.id, "subject_version": found.version}
        return Request(office, (await office.until(lambda: office.row(Approval, **where), "the approval")).id)

    async def _kept(self, content: bytes) -> str:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        documents = Documents(self.office.db, DocumentStore(self.office.settings.home / "documents"))
        return (await documents.add(await self.office.actor("li.wei"), "合同.pdf", chunks())).hash

    async def returned(self, request: Request, why: str = "付款期限太长") -> None:
        """Approved by the first, returned by the second."""
        for name, outcome in (("zhao.min", "approve"), ("xu.jing", "return")):
            await request.asked(name)
            await request.decides(name, outcome, why)

    async def version(self, no: int) -> dict[str, Any]:
        row = await self.office.row(Contract, id=self.contract.id)
        assert row is not None
        return next(one for one in row.versions if one["no"] == no)
