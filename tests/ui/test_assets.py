"""The pages' third-party files: fetched once, by exact versions, from whatever registry npm is set to."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.routing import Mount

import hatch_build
from ui.assets import STATIC, Assets, VersionedFiles

ROOT = Path(__file__).parents[2]


def test_the_lock_file_names_no_registry_and_a_sum_for_every_package() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    packages = json.loads(lock)["packages"]
    assert all(package["integrity"].startswith("sha512-") for path, package in packages.items() if path)


def test_no_package_is_made_per_platform() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert not any(package.get("optional") or package.get("os") for package in packages.values())


def test_a_second_install_needs_no_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in hatch_build.INPUTS:
        shutil.copyfile(ROOT / name, tmp_path / name)
    vendor = tmp_path / "ui/static/vendor"
    monkeypatch.setattr(hatch_build, "npm_ci", lambda _root, folder: packages_for_test(folder))
    assert hatch_build.fetch_assets(tmp_path) is True
    assert (vendor / "htmx.js").is_file()
    assert (vendor / "licences/htmx.txt").is_file()
    monkeypatch.setattr(hatch_build, "npm_ci", lambda *_: pytest.fail("npm ran again"))
    assert hatch_build.fetch_assets(tmp_path) is False


def packages_for_test(folder: Path) -> Path:
    """As npm leaves them, each file empty and each icon one line."""
    listed = json.loads((ROOT / "assets.json").read_text())
    modules = folder / "node_modules"
    icons = [f"lucide-static/icons/{name}.svg" for name in listed["icons"]]
    for path in (*listed["files"].values(), *icons):
        (modules / path).parent.mkdir(parents=True, exist_ok=True)
        (modules / path).write_text('<svg class="x"><path d="M0 0"/></svg>')
    return modules


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "vendor/icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    listed = set(json.loads((ROOT / "assets.json").read_text())["icons"])
    assert drawn == listed, "run `pip install -e .` after a change of assets.json"
    named = {
        name
        for template in (ROOT / "ui/templates").rglob("*.html")
        for name in re.findall(r"ui\.icon\(\s*'([a-z0-9-]+)'", template.read_text())
    }
    assert named <= listed


def test_without_its_assets_the_application_says_in_one_sentence_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"^The pages' assets are missing .* run `pip install -e \.`"):
        Assets(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor/.inputs").write_text("x")
    (tmp_path / "page.js").write_text("one")
    return tmp_path


async def test_a_file_is_kept_for_a_year_under_its_version_and_not_under_an_old_one(folder: Path) -> None:
    assets = Assets(folder)
    app = Starlette(routes=[Mount("/static", VersionedFiles(assets))])
    browser = AsyncClient(transport=ASGITransport(app), base_url="http://testserver")
    assert "immutable" in (await browser.get(assets.url("page.js"))).headers["cache-control"]
    assert (await browser.get("/static/before-the-upgrade/page.js")).headers["cache-control"] == "no-cache"
    assert (await browser.get(f"/static/{assets.version}/../page.py")).status_code == 404


def test_a_changed_file_changes_every_address_in_development(folder: Path) -> None:
    assets = Assets(folder, watch=True)
    before = assets.url("page.js")
    (folder / "page.js").write_text("two")
    assert assets.url("page.js") != before


def test_a_slip_in_a_static_address_shows_at_once(folder: Path) -> None:
    with pytest.raises(KeyError, match=r"no static file pgae\.js"):
        Assets(folder).url("pgae.js")
