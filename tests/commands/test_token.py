"""A company that keeps its key on a token: SoftHSM stands for it, which speaks PKCS#11 as the makers' libraries do."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pkcs11 import Attribute, CertificateType, ObjectClass, lib
from pydantic import SecretStr

from commands.authority import Authority, UnusableAuthority
from commands.sealing import Sealer, read_signed
from commands.token import UnusableToken
from commands.verify import verdict_of
from settings import Settings
from tests.commands.test_sealing import NAMES, sealed

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "4711"
DAY = timedelta(days=1)
pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason="SoftHSM is not installed")


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A token «seals» with the key and certificate «seal», issued by an authority of the company's; its folder."""
    place = tmp_path_factory.mktemp("token")
    (place / "tokens").mkdir()
    (place / "softhsm.conf").write_text(f"directories.tokendir = {place}/tokens\nlog.level = ERROR\n")
    was = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(place / "softhsm.conf")
    made = Authority(Settings(home=place / "their-ca", company="星海科技"))
    leaf = made.issue("星海科技 合同专用章", "company")
    (place / "key.pem").write_text(_pem(made, leaf.key))
    _util("--init-token", "--free", "--label", "seals", "--so-pin", "0815")
    _util("--import", str(place / "key.pem"), "--token", "seals", "--label", "seal", "--id", "01")
    rsa_key, rsa_certificate = _of_rsa()
    (place / "rsa.pem").write_text(rsa_key)
    _util("--import", str(place / "rsa.pem"), "--token", "seals", "--label", "rsa", "--id", "02")
    with lib(str(LIBRARY)).get_token(token_label="seals").open(rw=True, user_pin=PIN) as session:
        for label, one in (
            ("seal", x509.load_pem_x509_certificate(leaf.certificate.encode())),
            ("authority", made.certificate),
            ("rsa", rsa_certificate),
        ):
            session.create_object({
                Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True, Attribute.LABEL: label, Attribute.VALUE: one.public_bytes(Encoding.DER),
                Attribute.SUBJECT: one.subject.public_bytes(), Attribute.ID: b"\x01" if label == "seal" else b"\x02",
            })  # fmt: skip
    yield place
    if was is None:
        del os.environ["SOFTHSM2_CONF"]


def _pem(authority: Authority, sealed_key: str) -> str:
    return authority.open_key(sealed_key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _of_rsa() -> tuple[str, x509.Certificate]:
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "星海科技")])
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    lasting = begun.serial_number(1).not_valid_before(now - DAY).not_valid_after(now + DAY)
    use = x509.KeyUsage(True, True, *[False] * 7)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, lasting.add_extension(use, critical=True).sign(key, SHA256())


def _util(*words: str) -> None:
    subprocess.run(["softhsm2-util", *words, "--pin", PIN], check=True, capture_output=True)


def held(token: Path, **other: object) -> Settings:
    said = {"signing_key": "seal", "signing_token": "seals", "signing_passphrase": SecretStr(PIN)} | other
    return Settings(home=token / "home", company="星海科技", signing_pkcs11=LIBRARY, **said)  # type: ignore[arg-type]


async def test_every_signature_is_made_on_the_token(token: Path) -> None:
    settings = held(token)
    file = await sealed(settings)
    verdict = verdict_of(await read_signed(file, Authority(settings).roots()))
    assert verdict.state == "signed"
    assert [one.name for one in verdict.signatures] == ["星海科技 合同专用章"] * len(NAMES)
    assert not (token / "home" / "signing" / "authority").exists(), "there is no authority of ours beside it"


async def test_a_key_of_the_older_kind_signs_too(token: Path) -> None:
    settings = held(token, signing_key="rsa")
    verdict = verdict_of(await read_signed(await sealed(settings, NAMES[:1]), Authority(settings).roots()))
    assert (verdict.state, verdict.signatures[0].name) == ("signed", "星海科技")


async def test_many_that_sign_at_once_wait_for_each_other(token: Path) -> None:
    files = await asyncio.gather(*(sealed(held(token), NAMES[:1]) for _ in range(4)))
    roots = Authority(held(token)).roots()
    assert {verdict_of(await read_signed(file, roots)).state for file in files} == {"signed"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"signing_passphrase": SecretStr("0000")}, "PinIncorrect"),
        ({"signing_token": "lost"}, "No token"),
        ({"signing_key": "other"}, "0 certificates called other"),
        ({"signing_key": None}, "3 certificates"),
        ({"signing_key": "authority"}, "an authority's"),
        ({"signing_pkcs11": Path("/nowhere.so")}, "/nowhere.so"),
    ],
)
async def test_what_cannot_be_used_is_said(token: Path, wrong: dict[str, object], said: str) -> None:
    settings = held(token).model_copy(update=wrong)
    with pytest.raises((UnusableAuthority, UnusableToken), match=said):
        await Sealer(settings).issue("赵敏", "person:1")
