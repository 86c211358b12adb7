"""The template environment of one application, and what every template may use."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.runtime import Context, Macro
from starlette.requests import Request

from activities.office_file import converter
from domain.customer_field import built_in
from locales import LANGUAGES, negotiate
from locales.formats import Formats
from settings import Settings
from ui.assets import Assets, VersionedFiles
from ui.formats import TEMPLATE_FUNCTIONS, Reader, gettext, ngettext, pgettext, reading, words
from ui.nav import Rail, rail
from ui.subject import subject_href, subject_words
from ui.toast import flashed
from ui.viewer import csrf_of, viewer_of
from ui.words import script_words

TEMPLATES = Path(__file__).parent / "templates"

Counts = Callable[[Request], Awaitable[Mapping[str, int]]]
"""The figures beside the rail's entries (`ui.nav.Entry.count`), for the person who asks."""


SAME = frozenset({"avatar", "company", "icon", "kbd", "person", "tag"})
"""Macros that give the same for the same words, whoever reads them: a page has hundreds, and most of them often."""


PLAIN = frozenset({FunctionType, MethodType, BuiltinFunctionType, type(lru_cache(str))})


class Called(Context):
    """What a template calls is mostly a macro or a plain function: those are not looked through for what they want to
    be given, which takes as long as many of them."""

    def call(self, called: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        kind = type(called)
        if kind is Macro:
            args = (self.eval_ctx, *args)
        elif kind not in PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return called(*args, **kwargs)


class Macros:
    """`ui.btn(...)` in a template: every macro of templates/ui, with no import line in any page."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @cached_property
    def _homes(self) -> dict[str, str]:
        homes: dict[str, str] = {}
        for file in sorted(path.name for path in (TEMPLATES / "ui").glob("*.html")):
            module = self._environment.get_template(f"ui/{file}").module
            homes |= {name: f"ui/{file}" for name, value in vars(module).items() if isinstance(value, Macro)}
        return homes

    def __getattr__(self, name: str) -> Any:
        home = self._homes.get(name)
        if home is None:
            raise AttributeError(f"There is no macro ui.{name}; /ui/kit shows those there are.")
        macro = getattr(self._environment.get_template(home).module, name)
        if self._environment.auto_reload:
            return macro
        if name in SAME:
            macro = lru_cache(maxsize=4096)(macro)
        setattr(self, name, macro)  # a page asks for hundreds: the next is found without looking for its template
        return macro


class Pages:
    """Writes pages for whoever asks; one per application, at `app.state.pages`."""

    def __init__(self, settings: Settings, assets: Assets, counts: Counts | None = None) -> None:
        self.settings = settings
        self.counts = counts
        self.environment = template_environment(settings, assets)

    def language(self, request: Request) -> str:
        viewer = viewer_of(request)
        asked, kept = request.query_params.get("lang"), request.cookies.get("lang")
        wishes = [asked, viewer.language if viewer else None, kept]
        return negotiate(wishes, request.headers.get("accept-language"), self.settings.language)

    def formats(self, request: Request) -> Formats:
        viewer = viewer_of(request)
        zone = (viewer.zone if viewer else "") or self.settings.zone
        return Formats(self.language(request), zone, self.settings.currency)

    def shared(self, request: Request) -> dict[str, Any]:
        """What every fragment may use beside its own variables."""
        return {
            "request": request,
            "viewer": viewer_of(request),
            "language": self.language(request),
            "here": here(request),
        }

    async def around(self, request: Request, *, counted: bool = True) -> dict[str, Any]:
        """What the page around it needs: the rail (`counted`: with its figures), the theme, a toast left to show."""
        viewer = viewer_of(request)
        counts = await self.counts(request) if viewer and self.counts and counted else {}
        theme = (viewer.theme if viewer else "") or request.cookies.get("theme", "")
        return {
            "theme": theme if theme in ("light", "dark") else "auto",
            "rail": rail(viewer, urlsplit(here(request)).path, counts) if viewer else Rail(),
            "toast": flashed(request),
        }

    def write(self, request: Request, template: str, block: str | None, context: dict[str, Any]) -> str:
        with reading(Reader(self.formats(request), csrf_of(request))):
            found = self.environment.get_template(template)
            if block is None:
                return found.render(context)
            return self.environment.concat(found.blocks[block](found.new_context(context)))


def template_environment(settings: Settings, assets: Assets) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=settings.development,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext
    )
    environment.context_class = Called
    environment.globals |= TEMPLATE_FUNCTIONS
    environment.globals |= {
        "_": words,
        "ui": Macros(environment),
        "static": assets.url,
        "languages": LANGUAGES,
        "company_name": settings.company,
        "development": settings.development,
        "script_words": script_words,
        "built_in": built_in,
        "takes_word": converter() is not None,
        "subject_words": subject_words,
        "subject_href": subject_href,
        "new_key": lambda: secrets.token_urlsafe(18),
    }
    return environment


def here(request: Request) -> str:
    """The path and query of the page somebody is on, also when a part of it asks."""
    url = urlsplit(request.headers.get("hx-current-url") or str(request.url))
    return f"{url.path}?{url.query}" if url.query else url.path


def here_with(request: Request, record_id: str) -> str:
    """The list that somebody is on, with this record open beside it."""
    url = urlsplit(here(request))
    asked = [(name, value) for name, value in parse_qsl(url.query) if name != "open"]
    return f"{url.path}?{urlencode([*asked, ('open', record_id)])}"


def install(app: FastAPI, settings: Settings, *, counts: Counts | None = None) -> None:
    """Give the application its templates and static files. RuntimeError, in one sentence, when assets are missing."""
    assets = Assets(watch=settings.development)
    app.mount("/static", VersionedFiles(assets), name="static")
    app.state.pages = Pages(settings, assets, counts)


def pages_of(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages
