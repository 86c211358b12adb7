"""What customers are written: letters by key, in Chinese and English, with the few things a letter may name."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import InitErrorDetails

from domain.document import Key, Label, PolicyDocument, Strict, fault, refuse_faults
from domain.letter_default import DEFAULT

Language = Literal["zh_CN", "en"]

VARIABLES = (
    "company", "customer", "contact", "number", "title", "amount", "paid", "outstanding", "due_on", "valid_until",
    "as_of", "days", "instalment", "reference", "link", "owner", "text",
)  # fmt: skip
"""What a letter may name. What a case does not have is empty, so that a letter may ask for it: `{% if link %}`."""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.Const, nodes.Not, nodes.And,
    nodes.Or, nodes.Compare, nodes.Operand,
)  # fmt: skip
"""A letter names and asks; it does not reckon, loop or call."""

_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined)

_GAP = re.compile(r"\n\s*\n\s*\n")
"""What a paragraph that was left out leaves behind."""

_SAMPLES: dict[str, str] = dict.fromkeys(VARIABLES, "1")


class Filled(NamedTuple):
    subject: str
    body: str


class Wording(Strict):
    """Plain text; paragraphs are parted by an empty line."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    body: Annotated[str, StringConstraints(min_length=1, max_length=8_000)]


class LetterTemplate(Strict):
    name: Label
    zh: Wording
    en: Wording

    def wording(self, language: str) -> Wording:
        return self.en if language == "en" else self.zh


class LetterPolicy(PolicyDocument):
    kind: ClassVar[str] = "letter"
    default: ClassVar[dict[str, Any]] = DEFAULT

    letters: Annotated[dict[Key, LetterTemplate], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def letters_can_be_written(self) -> Self:
        faults: list[InitErrorDetails] = []
        for key, letter in self.letters.items():
            for language in ("zh", "en"):
                wording: Wording = getattr(letter, language)
                for part in ("subject", "body"):
                    faults += _faults(getattr(wording, part), ["letters", key, language, part])
        refuse_faults(self, faults)
        return self


def fill(wording: Wording, values: Mapping[str, str]) -> Filled:
    """Subject on one line, and body, with what the case has of `VARIABLES`; anything else is left out."""
    known = {name: values.get(name, "") for name in VARIABLES}
    subject = " ".join(_ENVIRONMENT.from_string(wording.subject).render(known).split())
    return Filled(subject, _GAP.sub("\n\n", _ENVIRONMENT.from_string(wording.body).render(known)).strip())


def _faults(source: str, where: list[str | int]) -> list[InitErrorDetails]:
    """What keeps a text from being a letter: it is no template, names what there is not, or does more than name."""
    try:
        parsed = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        return [fault(where, "letter_unreadable", "Line {line}: {said}", line=error.lineno, said=error.message or "")]
    except RecursionError:
        return [fault(where, "letter_unreadable", "Line {line}: {said}", line=1, said="nested too deep")]
    found = []
    for node in parsed.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            found.append(fault(where, "letter_does_too_much", "A letter only names things and asks whether they are."))
            break
    strange = {name.name for name in parsed.find_all(nodes.Name)} - set(VARIABLES)
    found += [fault(where, "letter_names_unknown", "There is no {name}.", name=name) for name in sorted(strange)]
    if not found and not _ENVIRONMENT.from_string(source).render(_SAMPLES).strip():
        found.append(fault(where, "letter_empty", "With everything known the letter is empty."))
    return found
