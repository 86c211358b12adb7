"""Names and titles stay on one line, whatever was pasted into them."""

from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from domain.text import ON_ONE_LINE

NAME = TypeAdapter(Annotated[str, Field(min_length=1), ON_ONE_LINE])


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("Acme\r\nLtd", "Acme Ltd"),
        ("\t恒远物流 \n", "恒远物流"),
        ("A\x07\x1b[31mB\x85C\u2028D", "A [31mB C D"),
        ("Zhang  San", "Zhang San"),
    ],
)
def test_a_line_is_kept_without_breaks_and_control_characters(pasted: str, kept: str) -> None:
    assert NAME.validate_python(pasted) == kept


@pytest.mark.parametrize("pasted", ["", "\r\n", "\x07", 7, None])
def test_a_line_that_holds_nothing_is_no_name(pasted: object) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(pasted)
