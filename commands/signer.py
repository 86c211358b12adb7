"""What makes a signature: a key kept sealed on disk, or a token that its key never leaves."""

from __future__ import annotations

import asyncio
from typing import Any

from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]
from asn1crypto import pem, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Mechanism
from pyhanko.sign import Signer, SimpleSigner
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from activities.sealing import Issued
from commands.authority import Authority

HASHED = "sha256"


def sign_digest(authority: Authority, issued: Issued, digest: bytes) -> Any:
    """The CMS signature (asn1crypto) of a PDF's digest. It blocks. Raises UnusableAuthority, UnusableToken."""
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    for one in authority.chain:
        store.register(certificate_of(one))
    certificate = certificate_of(issued.certificate)
    if authority.token is None:
        key = authority.open_key(issued.key)
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return _signature(SimpleSigner(certificate, asn1_keys.PrivateKeyInfo.load(der), store), digest)
    with authority.token.opened() as session:
        # Not every token hashes by itself before it signs with an elliptic curve: then it is given the hash.
        hashes = Mechanism.ECDSA_SHA256 in session.token.slot.get_mechanisms()
        raw = certificate.public_key.algorithm == "ec" and not hashes
        signer = PKCS11Signer(
            session,
            signing_cert=certificate,
            key_label=authority.token.label,
            ca_chain=list(store),
            use_raw_mechanism=raw,
        )
        return _signature(signer, digest)


def _signature(signer: Signer, digest: bytes) -> Any:
    return asyncio.run(signer.async_sign(digest, HASHED, use_pades=True))


def certificate_of(text: str) -> x509.Certificate:
    _, _, der = pem.unarmor(text.encode())
    certificate: x509.Certificate = x509.Certificate.load(der)
    return certificate
