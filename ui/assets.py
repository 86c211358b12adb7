"""Static files under an address that changes with their contents, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"


class Assets:
    """One hash over all files stands in every address: our modules import each other by relative paths.

    In development the hash is taken anew when a file changes.
    """

    def __init__(self, folder: Path = STATIC, *, watch: bool = False) -> None:
        if not (folder / "vendor/.inputs").is_file():
            raise RuntimeError(
                "The pages' assets are missing (ui/static/vendor): run `pip install -e .`, which fetches them."
            )
        self.folder = folder
        self.watch = watch
        self._seen = -1.0
        self._version = ""
        self._found: set[str] = set()

    @property
    def version(self) -> str:
        if not self._version or (self.watch and self._newest() != self._seen):
            self._seen = self._newest()
            self._version = self._hash()
        return self._version

    def url(self, path: str) -> str:
        """The address of a file below ui/static; KeyError where there is none, so that a slip shows at once."""
        if path not in self._found:  # asked for every icon of a page: a file that was there is there
            if not (self.folder / path).is_file():
                raise KeyError(f"There is no static file {path}.")
            self._found.add(path)
        return f"/static/{self.version}/{path}"

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def _newest(self) -> float:
        return max(path.stat().st_mtime for path in self._files())

    def _hash(self) -> str:
        digest = hashlib.sha256()
        for path in self._files():
            digest.update(path.relative_to(self.folder).as_posix().encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]


class VersionedFiles(StaticFiles):
    """Serves /static/<version>/<path>. A page from before an upgrade gets the new file, but must not keep it."""

    def __init__(self, assets: Assets) -> None:
        super().__init__(directory=assets.folder)
        self.assets = assets

    async def get_response(self, path: str, scope: Scope) -> Response:
        version, _, rest = path.partition("/")
        response = await super().get_response(rest, scope)
        response.headers["Cache-Control"] = FOREVER if version == self.assets.version else "no-cache"
        return response
