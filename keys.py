"""The installation's one secret, and the keys derived from it. Who has it reads payloads and second factors."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from settings import Settings

SIZE = 32


class UnusableKey(Exception):
    """The secret key is there but is not 32 bytes in base64; the message says where it was read."""


def master_key(settings: Settings) -> bytes:
    """`settings.secret_key`, or else `<home>/keys/master.key`, made once with mode 0600."""
    if settings.secret_key is not None:
        return _decode(settings.secret_key.get_secret_value(), "THROUGHLINE_SECRET_KEY")
    path = settings.home / "keys" / "master.key"
    if not path.exists():
        _make_once(path)
    return _decode(path.read_text(encoding="ascii", errors="replace"), str(path))


def derive(master: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose (HKDF-SHA256): one purpose's key tells nothing about another's."""
    return HKDF(algorithm=SHA256(), length=SIZE, salt=None, info=f"throughline/{purpose}".encode()).derive(master)


class Seal:
    """Notes given out and taken back: nobody without the key reads or changes them, or uses one of another purpose."""

    def __init__(self, master: bytes, purpose: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(derive(master, purpose)))

    def close(self, *parts: str) -> str:
        return self._fernet.encrypt(json.dumps(parts).encode()).decode()

    def open(self, note: str, *, within: timedelta | None = None) -> list[str] | None:
        """The parts; None for what is not ours, or was closed longer ago than `within`."""
        typed = note.encode(errors="replace")  # as text, anything but ASCII is no InvalidToken but a ValueError
        try:
            parts: list[str] = json.loads(
                self._fernet.decrypt(typed, None if within is None else int(within.total_seconds()))
            )
        except InvalidToken:
            return None
        return parts


def _decode(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SIZE:
        raise UnusableKey(f"{where} must hold {SIZE} bytes in base64 (openssl rand -base64 {SIZE}).")
    return key


def _make_once(path: Path) -> None:
    """Several processes may start at once: a complete file is linked into place, and the first one stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(SIZE)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
