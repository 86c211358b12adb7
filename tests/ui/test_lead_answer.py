"""What a lead answered to a form's own fields is read in the form's words."""

from __future__ import annotations

import pytest

from locales.formats import Formats
from ui.lead_answer import labelled

DESIGN = {
    "fields": [
        {"key": "company", "kind": "text"},
        {"key": "x_seats", "kind": "number", "label": {"zh": "席位数", "en": "Seats"}},
        {
            "key": "x_modules", "kind": "choices", "label": {"zh": "模块", "en": "Modules"},
            "choices": [{"value": "crm", "label": {"zh": "客户", "en": "Customers"}}, {"value": "hr"}],
        },
        {"key": "x_demo", "kind": "check", "label": {"zh": "要演示"}},
    ]
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", [("Seats", "1,200"), ("Modules", "Customers, hr"), ("要演示", "Yes"), ("erp", "SAP")]),
        ("zh_CN", [("席位数", "1,200"), ("模块", "客户、hr"), ("要演示", "是"), ("erp", "SAP")]),
    ],
)
def test_answers_have_the_forms_labels_and_others_their_keys(language: str, expected: list[tuple[str, str]]) -> None:
    custom = {"erp": "SAP", "seats": 1200, "modules": ["crm", "hr"], "demo": True}
    assert labelled(custom, [{"fields": "of another time"}, DESIGN], Formats(language, "Asia/Shanghai")) == expected
