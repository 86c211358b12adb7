"""Payloads leave a process encrypted, failures too: Temporal's server and its UI see ciphertext."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConverter

ENCODING = b"binary/encrypted"
NONCE = 12
MESSAGE, STACK_TRACE = 500, 700
"""Characters of each failure in a chain of two."""


class EncryptionCodec(PayloadCodec):
    """AES-256-GCM with a fresh nonce per payload; the key's id stands beside it and is authenticated with it."""

    def __init__(self, key: bytes, key_id: str = "1") -> None:
        self._cipher = AESGCM(key)
        self._key_id = key_id.encode()

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._seal(p) for p in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Payloads that are not ours stay as they are. Raises cryptography's InvalidTag for one that was changed."""
        return [self._open(p) if p.metadata.get("encoding") == ENCODING else p for p in payloads]

    def _seal(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, payload.SerializeToString(), self._key_id)
        return Payload(metadata={"encoding": ENCODING, "encryption-key-id": self._key_id}, data=sealed)

    def _open(self, payload: Payload) -> Payload:
        key_id = payload.metadata.get("encryption-key-id", b"")
        nonce, sealed = payload.data[:NONCE], payload.data[NONCE:]
        return Payload.FromString(self._cipher.decrypt(nonce, sealed, key_id))


class BriefFailureConverter(DefaultFailureConverter):
    """Failures with their words encoded, and short enough to be kept.

    The server remembers 4 kB of what a pending activity failed with, and of a longer failure nothing at all; a
    traceback through SQLAlchemy alone has 10. The log has all of it.
    """

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        super().to_failure(exception, payload_converter, failure)  # which asks this very method for each cause
        if failure.cause.HasField("cause"):
            failure.cause.ClearField("cause")
        words = {"message": failure.message[:MESSAGE], "stack_trace": failure.stack_trace[-STACK_TRACE:]}
        failure.encoded_attributes.CopyFrom(payload_converter.to_payload(words))
        failure.message, failure.stack_trace = "Encoded failure", ""


def data_converter(key: bytes) -> DataConverter:
    return DataConverter(
        payload_converter_class=PydanticPayloadConverter,
        payload_codec=EncryptionCodec(key),
        failure_converter_class=BriefFailureConverter,
    )
