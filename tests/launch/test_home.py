"""The data folder: one launcher at a time, and none that would do harm."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from launch.failure import LaunchFailed
from launch.home import data_folder, in_use


def test_a_second_copy_on_the_same_data_folder_is_told_who_is_there(home: Path) -> None:
    said = rf"already runs .*\(process {os.getpid()}\)"
    with data_folder(home), pytest.raises(LaunchFailed, match=said), data_folder(home):
        pass
    assert not in_use(home)
    with data_folder(home):
        assert in_use(home)


def test_a_data_folder_of_a_newer_version_is_refused_and_keeps_its_mark(home: Path) -> None:
    (home / "version").write_text("99.1.0")
    with pytest.raises(LaunchFailed, match=r"last used by Throughline 99\.1\.0"), data_folder(home):
        pass
    assert (home / "version").read_text() == "99.1.0"


def test_too_little_room_on_the_disk_is_said_before_anything_is_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    with pytest.raises(LaunchFailed, match="has 5 MB left"), data_folder(home):
        pass
    assert [file.name for file in home.iterdir()] == ["lock"]


def test_a_data_folder_that_cannot_be_made_is_one_sentence(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(LaunchFailed, match="cannot be used: Not a directory"), data_folder(home / "file" / "home"):
        pass
