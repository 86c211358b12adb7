"""One thing that `throughline doctor` has looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`advice` says what to do about it; empty: all is well."""

    what: str
    found: str
    advice: str = ""
