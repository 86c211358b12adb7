"""What a sealed contract proves, and what attacks on it come to: judged by the whole, never by one mark of it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import zlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import AsyncMock, patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from pydantic import SecretStr
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from typer.testing import CliRunner

from activities.sealing import SealWork
from commands.authority import Authority
from commands.sealing import Sealer, read_signed
from commands.verify import Verdict, verdict_of
from domain.refusal import Refused
from launch.cli import app
from settings import Settings
from tests.workflows.signings import a_page

NAMES = ("赵敏", "徐静")


async def sealed(settings: Settings, names: tuple[str, ...] = NAMES, content: bytes = b"") -> Path:
    """A file of two pages signed by these people, and its signature page."""
    sealer = Sealer(settings)

    async def chunks() -> AsyncIterator[bytes]:
        yield content or a_page(pages=2)

    digest, _ = await sealer.store.put(chunks(), lambda _: None)
    for no, name in enumerate(names, 1):
        work = SealWork(
            source=digest, no=no, sides=["ours"] * len(names), customer="蓝港食品", title="冷链可视化", facts="C-1",
            first=no == 1, name=name, latin="", role="区域经理", at=datetime.now(UTC),
            issued=await sealer.issue(name, f"person:{no}"),
        )  # fmt: skip
        digest = (await sealer.seal(work)).hash
    return sealer.store.path(digest)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), company="星海科技")


@pytest.fixture(scope="module")
async def signed(settings: Settings) -> Path:
    return await sealed(settings)


async def bytes_of(path: Path) -> bytes:
    return await asyncio.to_thread(path.read_bytes)


async def looked(settings: Settings, path: Path) -> Verdict:
    return verdict_of(await read_signed(path, Authority(settings).roots()))


async def test_everybody_who_signed_is_named_and_nothing_was_changed(settings: Settings, signed: Path) -> None:
    verdict = await looked(settings, signed)
    assert verdict.state == "signed"
    assert [one.name for one in verdict.signatures] == list(NAMES)
    assert all(one.good and one.trusted for one in verdict.signatures)
    assert len({one.serial for one in verdict.signatures}) == len(NAMES), "each by a certificate of their own"


async def test_one_byte_changed_breaks_every_signature(settings: Settings, signed: Path, tmp_path: Path) -> None:
    content = bytearray(await bytes_of(signed))
    content[content.index(b"Contract of sale")] = ord("K")
    (file := tmp_path / "changed.pdf").write_bytes(content)
    verdict = await looked(settings, file)
    assert verdict.state == "changed"
    assert not any(one.good for one in verdict.signatures)


async def test_text_laid_over_it_afterwards_is_seen(settings: Settings, signed: Path, tmp_path: Path) -> None:
    """The signatures stay intact: only what was added behind them tells."""
    file = tmp_path / "overlaid.pdf"
    shutil.copy(signed, file)
    with file.open("r+b") as stream:
        writer = IncrementalPdfFileWriter(stream)
        drawn = b"BT /F1 18 Tf 72 700 Td (and one million more) Tj ET"
        added = writer.add_object(generic.StreamObject(stream_data=drawn))
        page = writer.root["/Pages"]["/Kids"][0]
        page[generic.NameObject("/Contents")] = generic.ArrayObject([page.raw_get("/Contents"), added])
        writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))
        writer.write_in_place()  # type: ignore[no-untyped-call]
    read = await read_signed(file, Authority(settings).roots())
    assert all(one["intact"] for one in read["signatures"])
    assert verdict_of(read).state == "changed"


async def test_a_signature_taken_away_leaves_its_place_empty(settings: Settings, signed: Path, tmp_path: Path) -> None:
    """The file as it was before the last signature is a true one: it says who is missing."""
    content = await bytes_of(signed)
    first_end = _ends(content)[-2]
    (file := tmp_path / "shorter.pdf").write_bytes(content[:first_end])
    verdict = await looked(settings, file)
    assert (verdict.state, len(verdict.signatures), verdict.empty) == ("partly", 1, 1)


async def test_another_authority_of_the_same_name_is_not_ours(settings: Settings, tmp_path: Path) -> None:
    theirs = await sealed(Settings(home=tmp_path, company="星海科技"), NAMES[:1])
    verdict = await looked(settings, theirs)
    assert verdict.state == "foreign"
    assert not any(one.trusted for one in verdict.signatures)


async def test_a_stranger_in_the_place_of_the_last_signer_is_not_taken_for_them(
    settings: Settings, signed: Path, tmp_path: Path
) -> None:
    """Our first signature holds; the second place was filled by an authority that calls itself as ours does."""
    content = await bytes_of(signed)
    other = Sealer(Settings(home=tmp_path, company="星海科技"))
    digest, _ = await other.store.put(_whole(content[: _ends(content)[-2]]), lambda _: None)
    work = SealWork(
        source=digest, no=2, sides=["ours"] * 2, customer="蓝港食品", title="冷链可视化", facts="C-1", first=False,
        name=NAMES[1], latin="", role="区域经理", at=datetime.now(UTC), issued=await other.issue(NAMES[1], "person:2"),
    )  # fmt: skip
    with patch.object(other, "_check", AsyncMock()):
        forged = other.store.path((await other.seal(work)).hash)
    verdict = await looked(settings, forged)
    assert (verdict.state, [one.trusted for one in verdict.signatures]) == ("mixed", [True, False])
    shorter = tmp_path / "shorter.pdf"
    shorter.write_bytes(content[: _ends(content)[-2]])
    for file, code in ((signed, 0), (shorter, 2), (forged, 1)):
        authority = str(settings.home / "signing/authority.pem")
        said = await asyncio.to_thread(CliRunner().invoke, app, ["contract", "verify", str(file), "--ca", authority])
        assert said.exit_code == code, said.output


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_what_is_no_signed_contract_is_said_in_words(settings: Settings, tmp_path: Path) -> None:
    (plain := tmp_path / "plain.pdf").write_bytes(a_page())
    assert (await looked(settings, plain)).state == "unsigned"
    for content, code in ((b"<html>", "document_not_pdf"), (b"%PDF-1.7\n%%EOF", "file_unreadable")):
        (file := tmp_path / "odd.pdf").write_bytes(content)
        with pytest.raises(Refused) as refused:
            await looked(settings, file)
        assert refused.value.code == code


async def test_a_file_that_unpacks_without_end_takes_nobody_down(settings: Settings, tmp_path: Path) -> None:
    packed = zlib.compress(bytes(800 * 1024**2), 1)
    (bomb := tmp_path / "bomb.pdf").write_bytes(
        b"%PDF-1.7\n1 0 obj\n<< /Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode /Length "
        + b"%d >>\nstream\n" % len(packed)
        + packed
        + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
    )
    with pytest.raises(Refused) as refused:
        await looked(settings, bomb)
    assert refused.value.code in ("sandbox_memory", "sandbox_time", "file_unreadable")


async def test_what_was_signed_elsewhere_is_not_signed_over(settings: Settings, signed: Path) -> None:
    with pytest.raises(Refused) as refused:
        await sealed(settings, NAMES[:1], await bytes_of(signed))
    assert refused.value.code == "signed_before"


async def test_two_that_start_at_once_make_one_authority(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        issuers = list(pool.map(lambda _: Authority(settings).issuer, range(8)))
    assert len(set(issuers)) == 1
    assert len(Authority(settings).roots()) == 1
    kept = (tmp_path / "signing" / "authority").read_text()
    assert "PRIVATE KEY" not in kept, "it is sealed"


async def test_a_companys_own_certificate_signs_instead(tmp_path: Path) -> None:
    made = Authority(Settings(home=tmp_path / "their-ca", company="星海科技"))
    leaf = await asyncio.to_thread(made.issue, "星海科技 合同专用章", "company")
    content = pkcs12.serialize_key_and_certificates(
        b"seal", made.open_key(leaf.key), x509.load_pem_x509_certificate(leaf.certificate.encode()), [made.certificate],  # type: ignore[arg-type]
        BestAvailableEncryption(b"geheim"),
    )  # fmt: skip
    (file := tmp_path / "company.p12").write_bytes(content)
    settings = Settings(home=tmp_path / "home", signing_pkcs12=file, signing_passphrase=SecretStr("geheim"))
    verdict = await looked(settings, await sealed(settings, NAMES[:1]))
    assert verdict.state == "signed"
    assert {one.name for one in verdict.signatures} == {"星海科技 合同专用章"}


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not installed")
async def test_another_program_finds_the_signatures_valid_too(signed: Path) -> None:
    said = await asyncio.to_thread(
        subprocess.run, ["pdfsig", "-nocert", str(signed)], capture_output=True, text=True, check=False
    )
    assert said.stdout.count("Signature is Valid.") == len(NAMES), said.stdout
    assert "Total document signed" in said.stdout


def _ends(content: bytes) -> list[int]:
    """Where each revision of a PDF ends."""
    ends, at = [], 0
    while (at := content.find(b"%%EOF", at)) >= 0:
        at += len(b"%%EOF")
        ends.append(at + (content[at : at + 1] == b"\n"))
    return ends
