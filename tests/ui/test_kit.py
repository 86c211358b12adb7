"""The shell in a browser, by the pages of the kit: how it looks everywhere, and that its scripts do what they say."""

from __future__ import annotations

import pytest

from tests.ui.browser import Visit, check_everywhere


@pytest.mark.parametrize("path", ["/ui/kit", "/ui/kit/inbox?open=1", "/ui/kit/board", "/ui/kit/sign-in?error=1"])
async def test_the_kit_reads_well_in_both_languages_on_desk_and_phone_in_light_and_dark(
    visit: Visit, path: str
) -> None:
    name = path.partition("?")[0].strip("/").replace("/", "-")
    await check_everywhere(visit, path, name, as_person="" if "sign-in" in path else "zhao.min")
