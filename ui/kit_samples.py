"""Made-up records for /ui/kit: those of the design's pictures, in both languages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from ui.formats import gettext  # noqa: F401
