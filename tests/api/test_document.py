"""Documents: kept once by their hash, refused when they are no PDF, handed back to whom a record shows them."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from commands import document
from commands.document import LARGEST
from settings import Settings
from tests.activities.office_files import docx, needs_office
from tests.conftest import SignIn
from tests.selling import Selling

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


async def send(browser: AsyncClient, content: bytes, name: str = "contract.pdf") -> Response:
    return await browser.post("/api/documents", files={"file": (name, content, "application/octet-stream")})


def stored(settings: Settings) -> list[str]:
    return [path.name for path in (settings.home / "documents").rglob("*") if path.is_file()]


async def test_the_same_bytes_are_kept_once_under_their_hash_and_their_first_name(
    sign_in: SignIn, settings: Settings
) -> None:
    seller = await sign_in("li.wei")
    first = await send(seller, PDF, "../../合同\u202efdp.pdf")
    assert (first.status_code, first.json()["media_type"]) == (201, "application/pdf")
    assert first.json()["name"] == "合同fdp.pdf"
    assert (await send(seller, PDF, "again.pdf")).json()["hash"] == first.json()["hash"]
    digest = sha256(PDF).hexdigest()
    assert stored(settings) == [digest]
    assert (settings.home / "documents" / digest[:2] / digest[2:4] / digest).read_bytes() == PDF


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "document_empty"),
        (b"PK\x03\x04 a spreadsheet", 422, "document_not_pdf"),
        (b"<html>%PDF-</html>", 422, "document_not_pdf"),
        (PDF + bytes(LARGEST), 413, "document_too_large"),
    ],
    ids=["empty", "spreadsheet", "web page", "too large"],
)
async def test_what_cannot_be_kept_is_refused_and_leaves_nothing(
    sign_in: SignIn, settings: Settings, content: bytes, status: int, code: str
) -> None:
    before = stored(settings)
    refused = await send(await sign_in("li.wei"), content)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json()["errors"][0]["field"] == "file"
    assert stored(settings) == before


async def test_only_who_works_on_contracts_sends_documents(sign_in: SignIn, client: AsyncClient) -> None:
    assert (await send(await sign_in("gao.fei"), PDF)).status_code == 403
    assert (await send(client, PDF)).status_code == 401
    missing = await (await sign_in("li.wei")).post("/api/documents", files={"other": ("a.pdf", PDF)})
    assert missing.status_code == 422


@pytest.mark.usefixtures("worker")
async def test_a_document_comes_back_as_it_went_in_to_whoever_may_see_its_contract(
    sign_in: SignIn, selling: Selling
) -> None:
    seller = await sign_in("li.wei")
    content = PDF + uuid4().bytes
    digest = (await send(seller, content, "主协议.pdf")).json()["hash"]
    assert (await seller.get(f"/documents/{digest}")).status_code == 404  # no record refers to it yet
    contract = await selling.contract(await selling.deal("有附件", stage="negotiation"))
    submission = {"version": 1, "amount": contract.amount, "document": digest}
    sent = await seller.post(
        f"/api/contracts/{contract.id}/submit", json=submission, headers={"Idempotency-Key": uuid4().hex}
    )
    assert sent.status_code == 200, sent.text

    back = await (await sign_in("zhao.min")).get(f"/documents/{digest}")
    assert back.content == content
    assert back.headers["content-disposition"].startswith("attachment")
    assert back.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in back.headers["content-security-policy"]
    for stranger in ("wang.fang", "huang.bo", "gao.fei"):
        assert (await (await sign_in(stranger)).get(f"/documents/{digest}")).status_code == 404
    assert (await seller.get("/documents/not-a-hash")).status_code == 422
    unknown = await seller.get(f"/documents/{'0' * 64}")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")


@needs_office
@pytest.mark.usefixtures("worker")
async def test_a_word_file_becomes_a_pdf_and_stays_beside_it(sign_in: SignIn, selling: Selling) -> None:
    seller = await sign_in("li.wei")
    original = docx(f"Customer shall pay within thirty days. {uuid4().hex}")
    kept = (await send(seller, original, "主协议.docx")).json()
    assert (kept["media_type"], kept["name"]) == ("application/pdf", "主协议.pdf")
    assert (await send(seller, original, "主协议.docx")).json()["hash"] == kept["hash"]  # turned into a PDF once
    contract = await selling.contract(await selling.deal("Word", stage="negotiation"))
    submission = {"version": 1, "amount": contract.amount, "document": kept["hash"]}
    await seller.post(f"/api/contracts/{contract.id}/submit", json=submission, headers={"Idempotency-Key": uuid4().hex})
    assert (await seller.get(f"/documents/{kept['hash']}")).content.startswith(b"%PDF-")
    first = sha256(original).hexdigest()
    assert (await seller.get(f"/documents/{first}")).content == original
    assert (await (await sign_in("huang.bo")).get(f"/documents/{first}")).status_code == 404


async def test_without_libreoffice_a_word_file_is_refused_with_what_to_do(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "converter", lambda: None)
    refused = await send(await sign_in("li.wei"), docx("Word"), "word.docx")
    assert (refused.status_code, refused.json()["code"]) == (422, "word_unsupported")
    renamed = await send(await sign_in("li.wei"), PDF, "pdf.docx")
    assert (renamed.status_code, renamed.json()["code"]) == (422, "file_other_type")
