"""The signed-in person as pages know them; sign-in puts one on `request.state.viewer`, or None."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Protocol

from starlette.requests import Request


class Viewer(Protocol):
    """`language` "zh_CN" or "en", `theme` "auto", "light" or "dark"; empty where the person has chosen none.

    `holder_keys` are the keys a human task may be open to so that this person may act on it.
    """

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def roles(self) -> AbstractSet[str]: ...
    @property
    def regions(self) -> AbstractSet[str]: ...
    @property
    def language(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def theme(self) -> str: ...
    @property
    def holder_keys(self) -> AbstractSet[str]: ...


def viewer_of(request: Request) -> Viewer | None:
    return getattr(request.state, "viewer", None)


def csrf_of(request: Request) -> str:
    """The token a form of this session must carry; empty before sign-in has set one."""
    return str(getattr(request.state, "csrf", ""))
