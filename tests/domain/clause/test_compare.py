"""Two versions of a contract compared: what a person would mark by hand, and nothing that only looks different."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from activities.document_reader import read_document
from domain.clause.compare import Change, compare, compare_whole
from domain.clause.page import Page
from domain.clause.redline import redline
from domain.clause.stream import Stream
from tests.domain.clause.paper import page

CONTRACTS = Path(__file__).parents[4].parent / "shared" / "contracts" / "pdf"

SALE = """设备采购合同
第一条 标的
1.1 乙方向甲方供应离心泵十台,规格见附件一。
第二条 付款
2.1 甲方应在收到发票后90日内支付全部货款。
2.2 逾期付款的,按日万分之五支付违约金。
第三条 质保
3.1 质保期为验收合格之日起12个月。
第四条 争议
4.1 因本合同引起的争议,提交苏州仲裁委员会仲裁。"""

LICENCE = """SOFTWARE LICENCE AGREEMENT
1. Fees
1.1 The Licensee shall pay each invoice within ninety (90) days of receipt.
1.2 Fees are exclusive of value added tax.
2. Liability
2.1 The liability of the Licensor under this Agreement shall be unlimited.
3. Term
3.1 This Agreement continues for two years from the date of signature."""


def paged(text: str) -> tuple[Page, ...]:
    return tuple(page(part) for part in text.split("\f"))


def between(old: str, new: str) -> list[Change]:
    return compare(paged(old), paged(new))


def marked(change: Change) -> str:
    return "".join({"same": "{}", "out": "[-{}]", "in": "[+{}]"}[op].format(text) for op, text in change.words)


def test_the_same_text_has_no_change() -> None:
    whole = compare_whole(paged(SALE), paged(SALE))
    assert whole.changes == ()
    assert whole.same == 10
    assert not whole.coarse


def test_a_number_that_changed_is_marked_and_weighs() -> None:
    (change,) = between(SALE, SALE.replace("90日", "45日"))
    assert (change.kind, change.heading, change.weighty) == ("changed", "2.1 付款", True)
    assert marked(change) == "甲方应在收到发票后[-90][+45]日内支付全部货款。"


def test_english_is_marked_by_words() -> None:
    (change,) = between(LICENCE, LICENCE.replace("ninety (90)", "forty-five (45)"))
    assert change.heading == "1.1 Fees"
    assert marked(change).startswith("The Licensee shall pay each invoice within [-ninety (90][+forty-five (45]) days")


def test_a_spelling_that_changed_does_not_weigh() -> None:
    (change,) = between(LICENCE, LICENCE.replace("exclusive", "exclusve"))
    assert change.kind == "changed"
    assert not change.weighty


@pytest.mark.parametrize(
    ("old", "new"),
    [("甲方应在", "甲方可在"), ("提交苏州", "不提交苏州"), ("12个月", "十二个月"), ("甲方应在收到", "乙方应在收到")],
)
def test_small_words_that_turn_a_clause_weigh(old: str, new: str) -> None:
    assert [change.weighty for change in between(SALE, SALE.replace(old, new))] == [True]


def test_not_weighs_in_english() -> None:
    (change,) = between(LICENCE, LICENCE.replace("shall be unlimited", "shall not be unlimited"))
    assert change.weighty


def test_a_clause_put_in_renumbers_those_after_it_and_changes_none() -> None:
    new = SALE.replace("第三条 质保\n3.1", "第三条 交付\n3.1 乙方应在30日内交付至甲方仓库。\n第四条 质保\n4.1").replace(
        "第四条 争议\n4.1", "第五条 争议\n5.1"
    )
    changes = between(SALE, new)
    assert [(c.kind, c.heading) for c in changes if c.kind != "moved"] == [
        ("added", "第三条 交付"),
        ("added", "3.1 交付"),
    ]
    assert [c.heading for c in changes if c.kind == "moved"] == [
        "第三条 质保 → 第四条 质保", "3.1 质保 → 4.1 质保", "第四条 争议 → 第五条 争议", "4.1 争议 → 5.1 争议",
    ]  # fmt: skip
    assert not any(c.weighty for c in changes if c.kind == "moved")


def test_a_clause_that_went_elsewhere_is_moved() -> None:
    lines = SALE.split("\n")
    new = "\n".join([*lines[:1], *lines[8:], *lines[1:8]])
    assert {c.kind for c in between(SALE, new)} == {"moved"}


def test_a_clause_that_went_elsewhere_and_changed_is_changed() -> None:
    lines = LICENCE.replace("unlimited", "limited to the fees paid").split("\n")
    new = "\n".join([*lines[:1], *lines[4:6], *lines[1:4], *lines[6:]])
    changes = between(LICENCE, new)
    assert [c.kind for c in changes if c.kind != "moved"] == ["changed"]


def test_a_clause_that_was_taken_out_is_removed_where_it_stood() -> None:
    new = SALE.replace("2.2 逾期付款的,按日万分之五支付违约金。\n", "").replace("12个月", "24个月")
    assert [(c.kind, c.old_page, c.new_page) for c in between(SALE, new)] == [("removed", 1, 0), ("changed", 1, 1)]


def test_where_a_page_or_a_line_breaks_is_no_change() -> None:
    assert between(SALE, SALE.replace("第三条 质保", "\f第三条 质保")) == []
    assert between(LICENCE, LICENCE.replace("Agreement shall be", "Agreement  shall be")) == []
    assert between(SALE, SALE.replace("支付全部货款", "支付\n全部货款")) == []


def test_the_page_of_a_change_is_said_for_both() -> None:
    new = SALE.replace("第三条 质保", "\f第三条 质保").replace("12个月", "24个月")
    (change,) = between(SALE, new)
    assert (change.old_page, change.new_page) == (1, 2)


def test_rows_of_a_table_are_compared_one_by_one() -> None:
    table = SALE + "\n名称\t数量\t单价\n离心泵\t10\t18000\n阀门\t20\t500\n电机\t10\t3000"
    (change,) = between(table, table.replace("20\t500", "25\t500"))
    assert "[-20][+25]" in marked(change)


def test_a_redline_reads_as_words_not_as_crumbs() -> None:
    assert redline("甲方应于三十日内付款", "甲方应于六十个工作日内付款") == (
        ("same", "甲方应于"), ("out", "三十"), ("in", "六十个工作"), ("same", "日内付款"),
    )  # fmt: skip
    assert redline("the goods", "the  goods") == (("same", "the  goods"),)


def test_a_long_contract_is_compared_in_time() -> None:
    """300 pages with 4,500 clauses of which 150 changed: about a second."""
    clauses = [f"{no // 9 + 1}.{no % 9 + 1} 乙方应提交{_named(no)}的报告,由甲方验收。" for no in range(4500)]
    new = [text.replace("验收", "书面验收") if no % 30 == 0 else text for no, text in enumerate(clauses)]
    old_pages, new_pages = (_sheets(each, 15) for each in (clauses, new))
    assert len(old_pages) == 300
    begun = time.process_time()
    whole = compare_whole(old_pages, new_pages)
    assert time.process_time() - begun < 5
    assert [c.kind for c in whole.changes] == ["changed"] * 150


def test_documents_that_have_nothing_in_common_end_coarse() -> None:
    """500 pages against 500 others take about two seconds, and no clause is taken for another."""
    old = _sheets([f"{no // 9 + 1}.{no % 9 + 1} {_named(no)}由甲方负责。" for no in range(7000)], 14)
    new = _sheets([f"{no // 9 + 1}.{no % 9 + 1} {_named(no + 9000)}归乙方承担。" for no in range(7000)], 14)
    begun = time.process_time()
    whole = compare_whole(old, new)
    assert time.process_time() - begun < 6
    assert whole.coarse
    assert {c.kind for c in whole.changes} == {"added", "removed"}


def _named(no: int) -> str:
    return "".join("天地玄黄宇宙洪荒日月"[int(digit)] for digit in f"{no:05d}")


def _sheets(lines: list[str], on_each: int) -> tuple[Page, ...]:
    return tuple(page("\n".join(lines[at : at + on_each])) for at in range(0, len(lines), on_each))


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the labelled contracts are not here")
@pytest.mark.parametrize("name", ["z05", "e03"])
def test_a_real_contract_with_one_figure_changed(name: str) -> None:
    pages = read_document(CONTRACTS / f"{name}.pdf").pages
    text = Stream.of(pages).text
    figure = next(word for word in ("30", "15", "60", "90", "10") if word in text)
    at = text.rindex(figure)
    old, new = (page(each) for each in (text, f"{text[:at]}7{text[at + len(figure) :]}"))
    assert compare(pages, pages) == []
    assert [(c.kind, c.weighty) for c in compare((old,), (new,))] == [("changed", True)]
