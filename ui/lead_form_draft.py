"""A form while it is being built: what was typed, field by field, and the design it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from domain.lead_form import CUSTOM_KINDS, STANDARD, Choice, FormDesign, FormField, Words
from domain.refusal import invalid

TEXTS = ("title", "intro", "button", "thanks", "consent")
LANGUAGES = ("zh", "en")
OWN = "own:"


@dataclass
class DraftField:
    key: str
    kind: str
    zh: str = ""
    en: str = ""
    required: bool = False
    choices: str = ""

    @property
    def custom(self) -> bool:
        return self.key not in STANDARD

    @property
    def lists(self) -> bool:
        """Whether there is something to choose from."""
        return self.kind in ("choice", "choices")

    def built(self, where: str) -> FormField:
        listed = self.choices.splitlines() if self.lists else []
        try:
            return FormField(
                key=self.key, kind=self.kind, label=Words(zh=self.zh, en=self.en), required=self.required,
                choices=tuple(_choice(line) for line in listed if line.strip()),
            )  # fmt: skip
        except ValidationError:
            raise invalid("form_choices_needed" if self.lists else "too_long", where, most=2_000) from None


@dataclass
class Draft:
    name: str = ""
    version: int = 1
    source: str = ""
    campaign: str = ""
    files: bool = True
    texts: dict[str, str] = field(default_factory=dict)  # title_zh, title_en, ...
    fields: list[DraftField] = field(default_factory=list)

    @staticmethod
    def of(name: str, version: int, design: FormDesign) -> Draft:
        texts = {f"{part}_{code}": getattr(getattr(design, part), code) for part in TEXTS for code in LANGUAGES}
        fields = [
            DraftField(one.key, one.kind, one.label.zh, one.label.en, one.required, "\n".join(map(_line, one.choices)))
            for one in design.fields
        ]
        return Draft(name, version, design.source, design.campaign, design.files, texts, fields)

    @staticmethod
    def typed(form: Mapping[str, str]) -> Draft:
        count = min(_number(form.get("count", "")), 50)
        fields = [
            DraftField(
                key=form.get(f"key-{no}", ""), kind=form.get(f"kind-{no}", "text"), zh=form.get(f"zh-{no}", ""),
                en=form.get(f"en-{no}", ""), required=f"required-{no}" in form, choices=form.get(f"choices-{no}", ""),
            )
            for no in range(count)
        ]  # fmt: skip
        version = _number(form.get("version", ""))
        texts = {f"{part}_{code}": form.get(f"{part}_{code}", "") for part in TEXTS for code in LANGUAGES}
        return Draft(
            form.get("name", ""), version, form.get("source", ""), form.get("campaign", ""), "files" in form, texts,
            fields,
        )  # fmt: skip

    def act(self, act: str, add: str) -> None:
        """`add` a field, or move one up or down or take it out (`up-3`)."""
        kind, _, at = act.partition("-")
        no = _number(at, -1)
        if kind == "add" and add.startswith(OWN) and add.removeprefix(OWN) in CUSTOM_KINDS:
            self.fields.append(DraftField(self._free_key(), add.removeprefix(OWN)))
        elif kind == "add" and add in STANDARD and add not in {one.key for one in self.fields}:
            self.fields.append(DraftField(add, STANDARD[add]))
        elif kind == "remove" and 0 <= no < len(self.fields):
            del self.fields[no]
        elif kind == "up" and 0 < no < len(self.fields):
            self.fields[no - 1 : no + 1] = reversed(self.fields[no - 1 : no + 1])
        elif kind == "down" and 0 <= no < len(self.fields) - 1:
            self.fields[no : no + 2] = reversed(self.fields[no : no + 2])

    def _free_key(self) -> str:
        taken = {one.key for one in self.fields}
        return next(key for no in range(1, 100) if (key := f"x_field{no}") not in taken)

    def built(self) -> FormDesign:
        """Raises Refused (422) naming what is too long or cannot be a choice."""
        fields = tuple(one.built(f"fields.{no}") for no, one in enumerate(self.fields))
        texts = {
            part: Words.model_construct(zh=self.texts[f"{part}_zh"], en=self.texts[f"{part}_en"]) for part in TEXTS
        }
        try:
            return FormDesign.model_validate(
                {name: words.model_dump() for name, words in texts.items()}
                | {"source": self.source, "campaign": self.campaign, "files": self.files, "fields": fields}
            )
        except ValidationError as error:
            at = [str(part) for part in error.errors()[0]["loc"]]
            raise invalid("too_long", "_".join(at[:2]), most=2_000) from None

    @property
    def addable(self) -> list[str]:
        """The lead's own fields that are not in it yet."""
        there = {one.key for one in self.fields}
        return [key for key in STANDARD if key not in there]


def _choice(line: str) -> Choice:
    """`pro | 专业版 | Professional`, or `专业版` alone."""
    value, zh, en, *_ = [*(part.strip() for part in line.split("|")), "", ""]
    return Choice(value=value, label=Words(zh=zh, en=en))


def _line(choice: Choice) -> str:
    parts = [choice.value, choice.label.zh, choice.label.en]
    return " | ".join(parts) if any(parts[1:]) else choice.value


def _number(text: str, otherwise: int = 0) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise
