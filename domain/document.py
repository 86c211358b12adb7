"""What policy documents are made of: strict models, durations, labels, and problems named by code and place."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError


class Strict(BaseModel):
    """Nothing is converted and nothing unknown is taken: a float is no amount, a misspelt key is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, serialize_by_alias=True)


class Problem(Strict):
    """One thing wrong with a document.

    `where` is the path to it (`table.rows.r6.when.amount`; empty: the whole), `code` its kind with `params` for the
    reader's words, `what` the same as an English sentence for logs and API clients.
    """

    where: str
    code: str
    what: str
    params: dict[str, JsonValue] = Field(default_factory=dict)


class PolicyDocument(Strict):
    """A versioned policy. `engine` names the meaning it was written under: a change of meaning is a new number."""

    kind: ClassVar[str]
    default: ClassVar[Mapping[str, Any]]

    engine: Annotated[int, Field(ge=1, le=1)] = 1

    def problems(self) -> list[Problem]:
        """What makes a well-formed document unfit to be published. Too slow to ask each time one is loaded."""
        return []


# Years and months have no fixed length, so a policy counts in weeks, days, hours, minutes and seconds.
_ISO_DURATION = re.compile(r"P(?=[\dT])(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d{1,6})?S)?)?", re.ASCII)
_LONGEST = timedelta(days=3660)


def _only_fixed_units(value: Any) -> Any:
    if isinstance(value, timedelta) or (isinstance(value, str) and _ISO_DURATION.fullmatch(value)):
        return value
    raise PydanticCustomError(
        "duration_format", "Write a duration such as PT4H, P7D or P1DT12H; months and years have no fixed length."
    )


def length_text(length: timedelta) -> str:
    """As it is read: pydantic itself would write 365 days as a year."""
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06d}".rstrip("0") if length.microseconds else ""
    clock = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else ""]
    clock.append(f"{seconds}{fraction}S" if seconds or fraction else "")
    return (
        f"P{length.days}D" * bool(length.days) + f"{'' if length.days else 'P'}T{''.join(clock)}" * any(clock) or "PT0S"
    )


Duration = Annotated[
    timedelta,
    Field(strict=False, gt=timedelta(0), le=_LONGEST),
    BeforeValidator(_only_fixed_units),
    PlainSerializer(length_text, return_type=str, when_used="json"),
]
"""A positive ISO 8601 duration of fixed length, at most ten years."""

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""A stable name inside a document; what people read is a label or a translation."""


class _Words(Strict):
    """The same in each language; how long it may be, the kinds of words say."""

    zh: str
    en: str

    def called(self, language: str) -> str:
        """The words for a reader of this language."""
        return self.en if language == "en" else self.zh


class Label(_Words):
    """The words people read for something a policy names."""

    zh: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    en: Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Sentence(_Words):
    """What people read where a name is too short: a message, the title of a task."""

    zh: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def fault(where: Sequence[str | int], code: str, what: str, **params: Any) -> InitErrorDetails:
    """A problem found by a validator of ours; `what` may name params as `{name}`."""
    return InitErrorDetails(type=PydanticCustomError(code, what, params), loc=tuple(where), input=None)


def refuse_faults(model: BaseModel, faults: list[InitErrorDetails]) -> None:
    """Raise all faults at once, so that an author sees everything that is wrong and where."""
    if faults:
        raise ValidationError.from_exception_data(type(model).__name__, faults)


def duplicates(values: Sequence[Any]) -> list[Any]:
    return sorted(value for value, times in Counter(values).items() if times > 1)
