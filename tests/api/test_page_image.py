"""Pages of documents: drawn once, for whoever may see the document; a clear answer where nothing can be drawn."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import AsyncClient
from PIL import Image

from commands import page_image
from settings import Settings
from tests.activities import odd_files as odd
from tests.conftest import SignIn
from tests.selling import Selling

pytestmark = pytest.mark.usefixtures("worker")


async def hung_on_a_deal(seller: AsyncClient, selling: Selling, content: bytes, name: str = "contract.pdf") -> str:
    """The hash of a file that those see who see the deal."""
    deal_id = await selling.deal("有页面")
    sent = await seller.post(
        f"/api/deals/{deal_id}/files", files={"file": (name, content)}, headers={"Idempotency-Key": uuid4().hex}
    )
    assert sent.status_code == 200, sent.text
    digest = sha256(content).hexdigest()

    async def to_be_seen() -> str | None:
        return digest if (await seller.get(f"/documents/{digest}")).status_code == 200 else None

    return await selling.until(to_be_seen)


async def test_a_page_is_drawn_once_and_only_for_who_may_see_the_document(
    sign_in: SignIn, selling: Selling, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = await sign_in("li.wei")
    digest = await hung_on_a_deal(seller, selling, odd.pdf(odd.words(f"Contract {uuid4().hex}"), odd.words()))
    image = await seller.get(f"/documents/{digest}/pages/2.webp")
    assert (image.status_code, image.headers["content-type"]) == (200, "image/webp")
    assert image.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(image.content)).size == (893, 1263)

    def not_again(path: Path, number: int) -> None:
        pytest.fail(f"page {number} of {path} is drawn again")

    monkeypatch.setattr(page_image, "draw_page", not_again)
    words = (await seller.get(f"/documents/{digest}/pages/2.json")).json()
    assert (words["pages"], words["words"][0][0]) == (2, "Customer")
    assert (await seller.get(f"/documents/{digest}/pages/2.webp")).content == image.content
    assert sorted(path.name for path in (settings.home / "pages" / digest).iterdir()) == ["2.json", "2.webp"]
    for stranger in ("huang.bo", "gao.fei"):
        for name in ("2.webp", "2.json"):
            assert (await (await sign_in(stranger)).get(f"/documents/{digest}/pages/{name}")).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (odd.written("user password"), "locked.pdf", 422, "document_locked"),
        (odd.NOISE, "noise.pdf", 422, "document_broken"),
        (odd.LOOP, "loop.pdf", 422, "document_broken"),
        (odd.many_pages(501), "long.pdf", 422, "document_beyond_limits"),
        (odd.bomb(), "bomb.pdf", 422, "document_beyond_limits"),
        (odd.PNG, "picture.png", 422, "document_without_pages"),
        (odd.PLAIN, "short.pdf", 404, "not_found"),
    ],
    ids=["locked", "noise", "loop", "501 pages", "bomb", "picture", "no such page"],
)
async def test_what_cannot_be_drawn_is_answered_clearly(
    sign_in: SignIn, selling: Selling, content: bytes, name: str, status: int, code: str
) -> None:
    seller = await sign_in("li.wei")
    digest = await hung_on_a_deal(seller, selling, content, name)
    number = 2 if name == "short.pdf" else 1
    for ending in ("webp", "json"):
        answer = await seller.get(f"/documents/{digest}/pages/{number}.{ending}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert "immutable" not in answer.headers.get("cache-control", "")


async def test_pages_have_numbers_and_documents_hashes(sign_in: SignIn) -> None:
    seller = await sign_in("li.wei")
    for path in (
        f"{'0' * 64}/pages/0.webp",
        f"{'0' * 64}/pages/501.webp",
        f"{'0' * 64}/pages/x.json",
        "x/pages/1.webp",
    ):
        assert (await seller.get(f"/documents/{path}")).status_code == 422
    assert (await seller.get(f"/documents/{'0' * 64}/pages/1.webp")).status_code == 404
