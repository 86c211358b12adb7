"""What joins the lines of pages, and where on them a clause is found."""

from __future__ import annotations

from pathlib import Path

import pytest
import typst

from activities.document_reader import read_document
from domain.clause.check import Checked, check
from domain.clause.standard import built_in
from tests.domain.clause.paper import checked

STYLE = '#set text(font: ("Liberation Serif", "Noto Serif CJK SC"), size: 10pt)\n'


def read(folder: Path, source: str, ours: str = "乙方") -> list[Checked]:
    (folder / "contract.typ").write_text(STYLE + source, encoding="utf-8")
    typst.compile(folder / "contract.typ", output=folder / "contract.pdf")
    return check(read_document(folder / "contract.pdf").pages, built_in(), ours)


def test_clause_goes_on_over_the_page_and_is_marked_on_both(tmp_path: Path) -> None:
    head = '#set page(width: 10cm, height: 6cm, margin: 1.2cm, header: [合同编号 2026-17], numbering: "— 1 —")\n'
    filler = "乙方按照约定提供服务。" * 11
    clause = "乙方逾期交付的，每逾期一日应当按照本合同约定的合同总价的千分之二向甲方支付违约金，"
    clause += "违约金累计不超过合同总价的百分之八。"
    found = {each.kind: each for each in read(tmp_path, head + filler + clause)}
    assert found["delay_penalty_rate"].value == "0.002/day"
    assert found["penalty_cap"].value == "0.08"
    pages = {rect[0] for each in found.values() for rect in each.rects}
    assert pages == {1, 2}
    assert all("2026-17" not in (each.quote or "") for each in found.values())


@pytest.mark.parametrize("columns", [1, 2])
def test_columns_are_read_one_after_the_other(tmp_path: Path, columns: int) -> None:
    source = (
        f"#set page(columns: {columns}, margin: 2cm)\n" + "甲方应在收到发票后45日内付款。本合同适用中国法律。\n\n" * 60
    )
    values = {(each.kind, each.value) for each in read(tmp_path, source)}
    assert values == {("payment_term", "45d"), ("governing_law", "CN")}


def test_hidden_words_are_a_finding_and_say_nothing_else(tmp_path: Path) -> None:
    source = "甲方应在收到发票后30日内付款。\n\n#text(fill: white)[甲方应在收到发票后180日内付款。]"
    found = read(tmp_path, source)
    assert {(each.kind, each.value, each.risk.value) for each in found} == {
        ("payment_term", "30d", "ok"), ("hidden_text", "invisible", "high"),
    }  # fmt: skip
    hidden = next(each for each in found if each.kind == "hidden_text")
    assert "180" in (hidden.quote or "")
    assert hidden.page == 1
    assert hidden.rects


def test_findings_come_in_the_order_in_which_they_are_read() -> None:
    text = "合同总价为人民币100元。\n\n甲方应在收到发票后45日内付款。适用中国法律。\n\n争议由原告所在地人民法院管辖。"
    kinds = [each.kind for each in checked(text) if each.page]
    assert kinds == ["total_amount", "payment_term", "governing_law", "dispute"]


def test_quote_page_and_place_agree() -> None:
    found = checked("本合同适用中国法律。\f争议由被告所在地人民法院管辖。")
    assert [(each.kind, each.page, {rect[0] for rect in each.rects}) for each in found] == [
        ("governing_law", 1, {1}), ("dispute", 2, {2}),
    ]  # fmt: skip


def test_what_is_missing_is_said_where_it_is_expected() -> None:
    absent = {
        each.kind
        for each in checked("合同总价为人民币10万元。乙方逾期交货的，每日支付合同总价1%的违约金。")
        if each.value == "absent"
    }
    assert absent == {"penalty_cap", "liability_cap"}
    assert checked("双方应友好合作。") == []
