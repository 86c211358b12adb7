"""docs/settings.md says what the settings class says."""

from __future__ import annotations

import re
from pathlib import Path

from settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented_with_its_default_and_what_it_is_for() -> None:
    rows = re.findall(r"^\| `(THROUGHLINE_\w+)` \| (.*?) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    expected = [
        (f"THROUGHLINE_{name.upper()}", "" if field.default is None else f"`{field.default}`", field.description)
        for name, field in Settings.model_fields.items()
    ]
    assert rows == expected
