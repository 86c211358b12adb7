"""The lock files hold what pyproject.toml asks for, each package by its hashes, and name no registry."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = PROJECT["project"]["dependencies"]
DEV = RUN + PROJECT["project"]["optional-dependencies"]["dev"]
BUILD = PROJECT["build-system"]["requires"]


@pytest.mark.parametrize(
    ("file", "asked"),
    [("requirements.lock", RUN), ("requirements-dev.lock", DEV), ("requirements-build.lock", BUILD)],
)
def test_a_lock_file_fits_what_is_asked_for(file: str, asked: list[str]) -> None:
    text = (ROOT / file).read_text()
    locked: dict[str, set[str]] = {}
    for name, version, rest in re.findall(
        r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)(.*(?:\n    --hash.*)*)", text, re.MULTILINE
    ):
        assert "--hash=sha256:" in rest, name
        locked.setdefault(canonicalize_name(name), set()).add(version)
    for requirement in map(Requirement, asked):
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert any(requirement.specifier.contains(version) for version in versions), f"make lock: {requirement}"
    assert not re.search(r"https?://|--index-url|--find-links", text)


def test_tests_run_with_the_versions_that_people_get() -> None:
    run, dev = (dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / file).read_text(), re.MULTILINE))
                for file in ("requirements.lock", "requirements-dev.lock"))  # fmt: skip
    assert {name: dev.get(name) for name in run} == run
