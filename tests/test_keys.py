"""The master key is made once, kept private, and every other key comes from it."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keys import Seal, UnusableKey, derive, master_key
from settings import Settings


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, secret_key=None)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: master_key(settings), range(8)))
    assert len(found) == 1
    kept = tmp_path / "keys" / "master.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [f.name for f in kept.parent.iterdir()] == ["master.key"]


def test_a_key_from_the_settings_makes_no_file(tmp_path: Path) -> None:
    secret = os.urandom(32)
    assert master_key(Settings(home=tmp_path, secret_key=base64.b64encode(secret).decode())) == secret
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", ["", "c2hvcnQ=", "not base64!", "密钥"])
def test_an_unusable_key_says_where_it_stands(tmp_path: Path, bad: str) -> None:
    with pytest.raises(UnusableKey, match="THROUGHLINE_SECRET_KEY must hold 32 bytes"):
        master_key(Settings(home=tmp_path, secret_key=bad))


def test_each_purpose_has_its_own_key() -> None:
    master = bytes(32)
    assert derive(master, "payloads") == derive(master, "payloads")
    assert derive(master, "payloads") != derive(master, "totp")
    assert len(derive(master, "payloads")) == 32


@pytest.mark.parametrize("note", ["", "x", "\u202eabc", "密钥", "\ud800", "gAAAAA=="])
def test_a_note_that_is_not_ours_is_none(note: str) -> None:
    assert Seal(bytes(32), "forms").open(note) is None
