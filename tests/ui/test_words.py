"""Every text is there in both languages, and the catalogue says what the source says."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import locales
from locales import LANGUAGES, SOURCE_LANGUAGE, catalogue, negotiate, translate
from locales.__main__ import texts, translated, update
from locales.formats import Formats
from locales.problems import SENTENCES as PROBLEMS
from locales.refusals import SENTENCES, readable, refusal_text

OTHERS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]


@pytest.fixture(scope="module")
def source() -> Catalog:
    return texts()


def read(language: str) -> Catalog:
    with catalogue(language).open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_source_is_translated(language: str, source: Catalog) -> None:
    known = read(language)
    missing = [
        message.id
        for message in source
        if message.id and not ((found := known.get(message.id, message.context)) and translated(found.string))
    ]
    assert missing == [], "run `python -m locales`, then translate these"


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_a_guess(language: str) -> None:
    assert [message.id for message in read(language) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_takes_the_parameters_of_its_text(language: str) -> None:
    def parameters(text: Any) -> set[str]:
        return set(re.findall(r"%\((\w+)\)[sd]", text if isinstance(text, str) else text[-1]))

    wrong = [
        message.id
        for message in read(language)
        if message.id and translated(message.string) and not parameters(message.string) <= parameters(message.id)
    ]
    assert wrong == []


def test_chinese_sentences_have_chinese_punctuation() -> None:
    """Half-width commas, colons and brackets beside Chinese; what stands in for a parameter is Chinese mostly."""
    narrow = re.compile(r"[\u3400-\u9fff] ?[][,:;!?()]|[][,:;!?()] ?[\u3400-\u9fff]|[\u3400-\u9fff]\.( |$)")
    said = [one for message in read("zh_CN") if message.id for one in _forms(message.string)]
    assert [one for one in said if narrow.search(re.sub(r"%\(\w+\)[sd]", "字", one))] == []


def _forms(string: Any) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


OTHER_WORDS = ("大区", "战区", "跟进人", "位客户", "个客户")


def test_one_thing_has_one_word_in_chinese() -> None:
    """区域, 负责人, 家客户: nobody is to wonder whether another word is another thing."""
    said = [one for message in read("zh_CN") if message.id for one in _forms(message.string)]
    assert [one for one in said if any(word in one for word in OTHER_WORDS)] == []


def test_collecting_twice_changes_nothing(tmp_path: Path, source: Catalog) -> None:
    po = tmp_path / "messages.po"
    update(po, "zh_CN", source)
    first = po.read_text()
    update(po, "zh_CN", source)
    assert po.read_text() == first


def test_an_edited_catalogue_is_spoken_without_being_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    po = tmp_path / "zh_CN/LC_MESSAGES/messages.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\nmsgid "Deals"\nmsgstr "商机"\n')
    monkeypatch.setattr(locales, "FOLDER", tmp_path)
    translate.cache_clear()
    try:
        assert translate("zh_CN").gettext("Deals") == "商机"
    finally:
        translate.cache_clear()


@pytest.mark.parametrize(
    ("wishes", "accepted", "language"),
    [
        (["en", "zh_CN"], "zh-CN", "en"),
        ([None, "zh_CN"], "en", "zh_CN"),
        ([None, "xx"], "en-GB,en;q=0.9", "en"),
        ([], "fr, zh-TW;q=0.8, en;q=0.5", "zh_CN"),
        ([], "en;q=0.2, zh;q=0.9", "zh_CN"),
        ([], "fr", "zh_CN"),
        ([], "en;q=nonsense", "zh_CN"),
        ([], None, "zh_CN"),
    ],
)
def test_a_reader_gets_the_language_of_their_setting_then_cookie_then_browser_then_company(
    wishes: list[str | None], accepted: str | None, language: str
) -> None:
    assert negotiate(wishes, accepted, "zh_CN") == language


@dataclass
class Answer:
    code: str
    params: dict[str, Any] = field(default_factory=dict)


def test_a_refusal_is_said_in_the_readers_language() -> None:
    assert refusal_text(Answer("forbidden"), "en").startswith("Your role does not allow this")
    assert refusal_text(Answer("forbidden"), "zh_CN").startswith("您的角色")


def test_a_refusal_without_words_of_its_own_still_says_something() -> None:
    assert refusal_text(Answer("not_yet_worded"), "en") == "This is not possible now (not_yet_worded)."


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_refusal_that_lacks_a_parameter_is_still_said(language: str) -> None:
    for code in SENTENCES:
        assert refusal_text(Answer(code), language)


def test_instants_in_a_refusal_are_written_in_the_readers_zone() -> None:
    formats = Formats("en", "Asia/Shanghai")
    assert formats.exact(datetime(2026, 11, 22, 1, 12, tzinfo=UTC)) == "Nov 22, 2026 09:12 (Asia/Shanghai)"


@pytest.mark.parametrize("name", ["at", "until"])
def test_an_instant_that_a_process_wrote_as_text_is_written_for_the_reader(name: str) -> None:
    """A customer who accepts too late must not be told "2026-11-26 15:55:01.916224+00:00"."""
    formats = Formats("en", "Asia/Shanghai")
    assert readable({name: "2026-11-22 01:12:00.916224+00:00"}, formats) == {name: "Nov 22, 2026 09:12 (Asia/Shanghai)"}
    assert readable({name: None}, formats) == {name: None}


SAID_ELSEWHERE = {"seal_unsound", "seal_impossible", "signed_before", "characters", "pages", "stage_needed"}
"""Said by labels of their own on the page of what could not be done."""


@pytest.mark.parametrize("package", ["commands", "db", "domain", "ui"])
def test_every_refusal_has_a_sentence_of_its_own(package: str) -> None:
    """Nobody reads "not possible now (pool_unknown)"."""
    known = {*SENTENCES, *SAID_ELSEWHERE, *(PROBLEMS if package == "ui" else ())}
    calls = (
        call
        for file in (Path(locales.FOLDER).parent / package).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("Refused", "invalid")
    )
    given = (call.args[0] for call in calls if call.args)
    codes = {code for one in given for code in ([one.body, one.orelse] if isinstance(one, ast.IfExp) else [one])}
    said = {code.value for code in codes if isinstance(code, ast.Constant)}
    assert said - known == set()


@pytest.mark.parametrize(
    ("text", "context", "said"),
    [
        ("Field", None, "字段"),
        ("Kept until", "file", "保留至"),
        ("Kept until", None, "申请保留至"),
        ("nothing", "seen by a role", "不可见"),
        ("nothing", None, "不做任何事"),
        ("A number", None, "数字"),
    ],
)
def test_a_word_with_two_meanings_has_two_translations(text: str, context: str | None, said: str) -> None:
    chinese = translate("zh_CN")
    assert (chinese.pgettext(context, text) if context else chinese.gettext(text)) == said
