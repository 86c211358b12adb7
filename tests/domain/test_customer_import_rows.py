"""Rows of a file as they are kept: quick for millions, and the same as what is said of one."""

from __future__ import annotations

import pytest

from domain.company_name import company_key, company_keys
from domain.contact import phone_number
from domain.customer_field import BUILT_IN
from domain.customer_import_columns import choices, guess
from domain.customer_import_rows import Known, Reader, credit_codes, phones, tags, web
from domain.refusal import Refused

NAMES = [
    "深圳市蓝港食品（集团）有限公司", "上海电气", "上海電氣集團有限公司", "北京中关村科技股份有限公司", "中国石化",
    "江苏省苏州市昆山天成有限责任公司", "广州", "个人", "Blue Trading Co., Ltd.", "ＡＢＣ公司", "公司", "南京南京南京",
    "内蒙古伊利集团", "浙江中天", "无锡市", "", "重庆中国银行", "陕西省", "山西特别装备厂",
]  # fmt: skip


def test_keys_of_many_names_are_those_of_each() -> None:
    assert company_keys(NAMES) == [company_key(name) for name in NAMES]


@pytest.mark.parametrize(
    "written",
    ["13800138000", "138-0013-8000", "+86 138 0013 8000", "0571-88888888", "057188888888", "8613800138000", "95588",
     "12", "(010) 62345678", "+1 650 253 0000", "400-800-8888", "013800138000", "１３８００１３８０００"],
)  # fmt: skip
def test_numbers_are_read_as_everywhere_else(written: str) -> None:
    try:
        expected: str | None = phone_number(written, "CN")
    except Refused:
        expected = None
    assert phones("CN")([written, "", "13800138000", written, "13900139000"]) == [
        expected, "", "+8613800138000", expected, "+8613900139000",
    ]  # fmt: skip


def test_a_row_is_kept_with_its_number_or_rejected_with_its_reason() -> None:
    reader = Reader(["name", "phone", "", "region", "custom.size", "tags"], Known("CN", {"华东": "r1"}))
    batch = reader.batch(
        11,
        [
            ["  蓝港\n食品 ", "13800138000", "left out", "华东", "大\\小", "重点；老客户"],
            ["", "", "", "", "", ""],
            ["明远", "12", "", "", "", ""],
            ["天成", "", "", "华西", "", ""],
            ["", "13800138001", "", "", "", ""],
            ["卓越", "", "", "", "", "", "one more"],
            ["短"],
        ],
    )
    assert batch.lines.split("\n") == [
        '11\tr1\t蓝港食品\t+8613800138000\t蓝港 食品\t{"重点","老客户"}\t{"size": "大\\\\\\\\小"}',
        "17\t\t短\t\t短\t\t",
    ]
    assert [(one.no, one.wrong.field, one.wrong.code) for one in batch.rejected] == [
        (13, "phone", "phone_invalid"), (14, "region", "region_unknown"), (15, "name", "field_needed"),
        (16, "", "import_row_long"),
    ]  # fmt: skip


def test_codes_domains_and_tags_are_read() -> None:
    codes = [" 91350100m000100y43 ", "", "91350100M000100Y44", "91350100M000100Y43", "9135", "91350100M0001O0Y43"]
    assert credit_codes(codes) == ["91350100M000100Y43", "", None, "91350100M000100Y43", None, None]
    assert web("https://www.Acme.com.cn/about?x") == "acme.com.cn"
    assert web("nothing") is None
    assert tags('a, "b"，a') == '{"a","\\"b\\""}'


def test_columns_are_guessed_by_heading_and_then_by_their_cells() -> None:
    headings = ["单位名称（必填）", "列2", "列3", "备注", "Credit Code", "列6"]
    rows = [["蓝港", "13800138000", "a@b.example", "x", "", "www.acme.cn"]] * 3
    assert guess(headings, rows, choices(BUILT_IN)) == ["name", "phone", "email", "", "tax_number", "domain"]
