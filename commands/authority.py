"""The installation's own certificate authority: made once, its key sealed with the master key, one leaf per signer.

It proves that a document is the one that was signed, and who clicked. It is no qualified trust service.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509.oid import NameOID

from activities.sealing import Issued
from commands.token import Token, UnusableToken
from keys import Seal, master_key
from settings import Settings

AUTHORITY_LASTS = timedelta(days=20 * 365)
CERTIFICATE_LASTS = timedelta(days=3 * 365)
NAME_MAX = 64  # of a common name


class UnusableAuthority(Exception):
    """What is to be signed with cannot be read; the message says which file, and why."""


@dataclass(frozen=True)
class _Identity:
    certificate: x509.Certificate
    key: PrivateKeyTypes | None  # None: on a token
    chain: tuple[x509.Certificate, ...] = ()


class Authority:
    """`<home>/signing/authority` holds certificate and sealed key; `authority.pem` the certificate for anybody.

    A company's own PKCS#12 takes its place: as an authority it issues, else everything is signed with it; and so is
    everything by the key of a token.
    """

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.home / "signing"
        self._settings = settings
        self._file = self.folder / "authority"
        self.token = Token(settings) if settings.signing_pkcs11 else None

    @cached_property
    def _keys(self) -> Seal:
        return Seal(master_key(self._settings), "signing keys")

    @cached_property
    def _identity(self) -> _Identity:
        if self.token is not None:
            return self._held(self.token)
        if self._settings.signing_pkcs12 is not None:
            return self._company()
        if not self._file.exists():
            self._make()
        kept = self._file.read_text(encoding="ascii")
        pem, _, note = kept.rpartition("\n\n")
        opened = self._keys.open(note.strip())
        if opened is None:
            raise UnusableAuthority(f"{self._file}: another master key sealed it.")
        _link(self.folder, "authority.pem", pem.encode() + b"\n")
        return _Identity(x509.load_pem_x509_certificate(pem.encode()), load_pem_private_key(opened[0].encode(), None))

    def _company(self) -> _Identity:
        path, secret = self._settings.signing_pkcs12, self._settings.signing_passphrase
        assert path is not None  # noqa: S101 - asked only where it is set
        try:
            held = load_pkcs12(path.read_bytes(), secret.get_secret_value().encode() if secret else None)
        except (OSError, ValueError) as error:
            raise UnusableAuthority(f"{path}: {error}") from error
        if held.key is None or held.cert is None:
            raise UnusableAuthority(f"{path} must hold a certificate with its key.")
        chain = tuple(other.certificate for other in held.additional_certs)
        self._trust(chain[-1] if chain else held.cert.certificate)
        return _Identity(held.cert.certificate, held.key, chain)

    def _held(self, token: Token) -> _Identity:
        try:
            certificate, *chain = token.certificates()
        except UnusableToken as error:
            raise UnusableAuthority(str(error)) from error
        if _is_authority(certificate):
            raise UnusableAuthority("The token's certificate is an authority's; one that signs documents is needed.")
        self._trust(chain[-1] if chain else certificate)
        return _Identity(certificate, None, tuple(chain))

    def _trust(self, top: x509.Certificate) -> None:
        _link(self.folder, f"company-{_fingerprint(top)[:16]}.pem", top.public_bytes(Encoding.PEM))

    @property
    def made(self) -> bool:
        """Whether there is one, without making it."""
        return self.token is not None or self._settings.signing_pkcs12 is not None or self._file.exists()

    @property
    def called(self) -> str:
        """The certificate's subject."""
        return self.certificate.subject.rfc4514_string()

    @property
    def certificate(self) -> x509.Certificate:
        return self._identity.certificate

    @property
    def chain(self) -> list[str]:
        """What stands between a signer's certificate and the root, as PEM, for the document."""
        return [_pem(one) for one in (self._identity.certificate, *self._identity.chain)]

    @property
    def issuer(self) -> str:
        """Fingerprint of what issues now: certificates of another one are not used any more."""
        return _fingerprint(self._identity.certificate)

    @property
    def issues(self) -> bool:
        """Whether each signer has a certificate of their own; else the company's signs for all."""
        return _is_authority(self._identity.certificate)

    def roots(self) -> list[str]:
        """What is trusted, as PEM: this authority's, and whatever signed here before."""
        self._identity  # noqa: B018 - makes sure that there is one
        return [path.read_text(encoding="ascii") for path in sorted(self.folder.glob("*.pem"))]

    def issue(self, name: str, holder: str, organisation: str = "") -> Issued:
        """A certificate of three years for a person of our company or another one; the company's own where that
        signs for all."""
        now, identity = datetime.now(UTC), self._identity
        key, certificate = identity.key, identity.certificate
        if self.issues:
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = self._issue(key, name, holder, organisation or self._settings.company, now)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() if key else ""
        return Issued(
            certificate=_pem(certificate), key=self._keys.close(pem), serial=f"{certificate.serial_number:x}",
            issuer=self.issuer, expires_at=certificate.not_valid_after_utc,
        )  # fmt: skip

    def open_key(self, sealed: str) -> PrivateKeyTypes:
        opened = self._keys.open(sealed)
        if opened is None:
            raise UnusableAuthority("A signer's key was sealed with another master key.")
        return load_pem_private_key(opened[0].encode(), None)

    def _issue(
        self, key: ec.EllipticCurvePrivateKey, name: str, holder: str, organisation: str, now: datetime
    ) -> x509.Certificate:
        authority = self._identity
        subject = x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:NAME_MAX]),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:NAME_MAX] or holder[:NAME_MAX]),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, holder[:NAME_MAX]),
        ])  # fmt: skip
        until = min(now + CERTIFICATE_LASTS, authority.certificate.not_valid_after_utc)
        builder = _begin(subject, authority.certificate.subject, key.public_key(), now, until)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=True), critical=True)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.certificate.public_key())  # type: ignore[arg-type]
        return builder.add_extension(identifier, critical=False).sign(authority.key, SHA256())  # type: ignore[arg-type]

    def _make(self) -> None:
        """Several processes may start at once: a complete file is linked into place, and the first one stays."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, self._settings.company[:NAME_MAX]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{self._settings.company[:40]} contract signing"),
        ])  # fmt: skip
        builder = _begin(name, name, key.public_key(), now, now + AUTHORITY_LASTS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        certificate = builder.add_extension(_usage(signs=False), critical=True).sign(key, SHA256())
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        kept = f"{_pem(certificate).strip()}\n\n{self._keys.close(secret)}\n"
        _link(self.folder, self._file.name, kept.encode())


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since - timedelta(minutes=5))  # another machine's clock may be behind
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    """Of one who signs documents, or of one who signs certificates."""
    return x509.KeyUsage(
        digital_signature=signs, content_commitment=signs, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not signs, crl_sign=not signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def _link(folder: Path, name: str, content: bytes) -> None:
    """Writes a file whole, unless there is one of the name."""
    if (folder / name).exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=folder)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, folder / name)
    finally:
        Path(draft).unlink()
