"""The letters an installation begins with."""

from typing import Any

_ZH = "{% if contact %}{{ contact }}，您好：{% else %}您好：{% endif %}\n\n"
_EN = "{% if contact %}Dear {{ contact }},{% else %}Dear customer,{% endif %}\n\n"
_ZH_END = "\n\n{{ company }}"
_EN_END = "\n\nKind regards,\n{{ company }}"
_ZH_WHAT = "“{{ title }}”{% if number %}（{{ number }}）{% endif %}"
_EN_WHAT = "{{ title }}{% if number %} ({{ number }}){% endif %}"
_EN_OWED = "{% if outstanding %}{{ outstanding }}{% else %}your payment{% endif %}"


def _letter(name: tuple[str, str], zh: tuple[str, str], en: tuple[str, str]) -> dict[str, Any]:
    return {
        "name": {"zh": name[0], "en": name[1]},
        "zh": {"subject": zh[0], "body": _ZH + zh[1] + _ZH_END},
        "en": {"subject": en[0], "body": _EN + en[1] + _EN_END},
    }


_QUOTE = _letter(
    ("报价单", "Quote"),
    (
        "{{ company }} 报价单 {{ number }}",
        "感谢您的信任。附件是“{{ title }}”的报价单 {{ number }}"
        "{% if amount %}，总价 {{ amount }}{% endif %}{% if valid_until %}，有效期至 {{ valid_until }}{% endif %}。\n\n"
        "{% if link %}您可以在线查看，并直接接受或说明意见：\n{{ link }}\n\n{% endif %}"
        "如有任何问题，请直接与我们联系。{% if owner %}\n\n{{ owner }}{% endif %}",
    ),
    (
        "Quote {{ number }} from {{ company }}",
        "Thank you for your interest. Attached is our quote {{ number }} for {{ title }}"
        "{% if amount %}, {{ amount }} in total{% endif %}"
        "{% if valid_until %}, valid until {{ valid_until }}{% endif %}.\n\n"
        "{% if link %}You can look at it, accept it or answer it here:\n{{ link }}\n\n{% endif %}"
        "Please write to us with any question.{% if owner %}\n\n{{ owner }}{% endif %}",
    ),
)

_REMINDER = _letter(
    ("付款提醒", "Payment reminder"),
    (
        "付款提醒：{{ title }}{% if due_on %}，{{ due_on }} 到期{% endif %}",
        f"{_ZH_WHAT}{{% if instalment %}}第 {{{{ instalment }}}} 期{{% endif %}}"
        "{% if amount %}款项 {{ amount }}{% endif %}{% if due_on %} 将于 {{ due_on }} 到期{% endif %}，"
        "请您安排付款。\n\n{% if reference %}付款时请注明 {{ reference }}，便于我们及时入账。{% endif %}"
        "如已付款，请忽略本信。",
    ),
    (
        "Payment reminder: {{ title }}{% if due_on %}, due {{ due_on }}{% endif %}",
        "This is a friendly reminder that {% if instalment %}instalment {{ instalment }} of {% endif %}"
        f"{_EN_WHAT}{{% if amount %}}, {{{{ amount }}}},{{% endif %}} is due{{% if due_on %}} on {{{{ due_on }}}}"
        "{% endif %}.\n\n{% if reference %}Please quote {{ reference }} with your payment. {% endif %}"
        "If you have already paid, please disregard this letter.",
    ),
)

_OVERDUE_1 = _letter(
    ("逾期通知（第一次）", "Overdue, first letter"),
    (
        "逾期通知：{{ title }}",
        f"{_ZH_WHAT}款项{{% if outstanding %}} {{{{ outstanding }}}}{{% endif %}}"
        "{% if due_on %} 已于 {{ due_on }} 到期{% endif %}，我们尚未收到。可能只是疏忽，请您尽快安排付款。\n\n"
        "如对款项有疑问，或已付款，请告知我们。",
    ),
    (
        "Overdue: {{ title }}",
        f"We have not yet received {_EN_OWED} for {_EN_WHAT}{{% if due_on %}}, due on {{{{ due_on }}}}{{% endif %}}."
        " It may only have slipped your attention: please arrange the payment.\n\n"
        "If something about it is unclear, or you have paid meanwhile, please tell us.",
    ),
)

_OVERDUE_2 = _letter(
    ("逾期通知（第二次）", "Overdue, second letter"),
    (
        "第二次逾期通知：{{ title }}",
        f"{_ZH_WHAT}款项{{% if outstanding %}} {{{{ outstanding }}}}{{% endif %}}"
        "{% if days %} 已逾期 {{ days }} 天{% endif %}，我们此前曾去信提醒。请于一周内付清，或告知我们可以付款的日期。",
    ),
    (
        "Second notice, overdue: {{ title }}",
        f"{_EN_OWED} for {_EN_WHAT} is overdue{{% if days %}} by {{{{ days }}}} days{{% endif %}}, and we have written"
        " about it before. Please pay within a week, or tell us the day on which you can.",
    ),
)

_OVERDUE_3 = _letter(
    ("逾期通知（最后一次）", "Overdue, last letter"),
    (
        "最后通知：{{ title }}",
        f"{_ZH_WHAT}款项{{% if outstanding %}} {{{{ outstanding }}}}{{% endif %}}"
        "{% if days %} 已逾期 {{ days }} 天{% endif %}，多次提醒后仍未收到。"
        "如三天内仍未付款，我们将不得不暂停服务，并采取进一步措施。\n\n请尽快与我们联系。",
    ),
    (
        "Final notice: {{ title }}",
        f"In spite of several letters, {_EN_OWED} for {_EN_WHAT} has not come"
        "{% if days %}; it is overdue by {{ days }} days{% endif %}. Unless it comes within three days we shall have to"
        " suspend our services and take further steps.\n\nPlease get in touch with us.",
    ),
)

_STATEMENT = _letter(
    ("对账单", "Statement of account"),
    (
        "{{ company }} 对账单{% if as_of %}（截至 {{ as_of }}）{% endif %}",
        "附件是{% if customer %} {{ customer }} {% endif %}{% if as_of %}截至 {{ as_of }} {% endif %}的对账单"
        "{% if outstanding %}，未付余额 {{ outstanding }}{% endif %}。请核对，如有不符请告知我们。",
    ),
    (
        "Statement of account from {{ company }}{% if as_of %}, {{ as_of }}{% endif %}",
        "Attached is the statement of account{% if customer %} of {{ customer }}{% endif %}"
        "{% if as_of %} as of {{ as_of }}{% endif %}"
        "{% if outstanding %}, with {{ outstanding }} outstanding{% endif %}."
        " Please compare it with your books and tell us where they differ.",
    ),
)

_SIGN = _letter(
    ("合同待签署", "Contract to sign"),
    (
        "请签署合同：{{ title }}",
        "“{{ title }}”的合同已由我方签署，请您查阅并签署：\n{{ link }}\n\n"
        "签署时我们会向本邮箱发送一次性验证码。您也可以在该页面退回并说明意见，或拒绝签署。"
        "{% if valid_until %}链接有效期至 {{ valid_until }}。{% endif %}请勿转发此链接。"
        "{% if owner %}\n\n{{ owner }}{% endif %}",
    ),
    (
        "For your signature: {{ title }}",
        "We have signed the contract “{{ title }}”. Please read it and sign it here:\n{{ link }}\n\n"
        "When you sign, we send a one-time code to this address. You can also hand it back with remarks, or decline."
        "{% if valid_until %} The link holds until {{ valid_until }}.{% endif %} Please do not pass it on."
        "{% if owner %}\n\n{{ owner }}{% endif %}",
    ),
)

_SIGN_REMINDER = _letter(
    ("合同签署提醒", "Reminder to sign"),
    (
        "提醒：请签署合同“{{ title }}”",
        "“{{ title }}”的合同尚待您签署：\n{{ link }}"
        "{% if valid_until %}\n\n链接有效期至 {{ valid_until }}。{% endif %}{% if owner %}\n\n{{ owner }}{% endif %}",
    ),
    (
        "Reminder: {{ title }} waits for your signature",
        "The contract “{{ title }}” still waits for your signature:\n{{ link }}"
        "{% if valid_until %}\n\nThe link holds until {{ valid_until }}.{% endif %}"
        "{% if owner %}\n\n{{ owner }}{% endif %}",
    ),
)

_SIGNED = _letter(
    ("合同已签署", "Contract signed"),
    (
        "合同已签署：{{ title }}",
        "“{{ title }}”的合同已由各方签署。附件是签署后的合同和签署记录，请妥善保存。"
        "{% if owner %}\n\n{{ owner }}{% endif %}",
    ),
    (
        "Signed: {{ title }}",
        "The contract “{{ title }}” is signed by everybody. Attached are the signed contract and the record of how it"
        " was signed. Please keep both.{% if owner %}\n\n{{ owner }}{% endif %}",
    ),
)

_TICKET_REPLY: dict[str, Any] = {
    "name": {"zh": "工单回复", "en": "Answer to a ticket"},
    "zh": {
        "subject": "Re: {{ title }} [{{ number }}]",
        "body": "{{ text }}\n\n{% if owner %}{{ owner }}\n{% endif %}{{ company }}"
        "{% if link %}\n\n在线查看和回复：{{ link }}{% endif %}",
    },
    "en": {
        "subject": "Re: {{ title }} [{{ number }}]",
        "body": "{{ text }}\n\n{% if owner %}{{ owner }}\n{% endif %}{{ company }}"
        "{% if link %}\n\nSee it and answer online: {{ link }}{% endif %}",
    },
}

_TICKET_RECEIVED: dict[str, Any] = {
    "name": {"zh": "工单已收到", "en": "Ticket received"},
    "zh": {
        "subject": "已收到：{{ title }} [{{ number }}]",
        "body": "{% if contact %}{{ contact }}，您好：\n\n{% endif %}"
        "我们已收到您的“{{ title }}”，工单号 {{ number }}，会尽快答复。直接回复这封邮件即可补充。"
        "{% if link %}\n\n在线查看和回复：{{ link }}{% endif %}\n\n{{ company }}",
    },
    "en": {
        "subject": "We have it: {{ title }} [{{ number }}]",
        "body": "{% if contact %}Dear {{ contact }},\n\n{% endif %}"
        "we have received “{{ title }}” as ticket {{ number }} and will answer soon."
        " To add something, just answer this mail."
        "{% if link %}\n\nSee it and answer online: {{ link }}{% endif %}\n\n{{ company }}",
    },
}

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "letters": {
        "quote_sent": _QUOTE,
        "payment_reminder": _REMINDER,
        "overdue_1": _OVERDUE_1,
        "overdue_2": _OVERDUE_2,
        "overdue_3": _OVERDUE_3,
        "statement": _STATEMENT,
        "contract_sign": _SIGN,
        "contract_sign_reminder": _SIGN_REMINDER,
        "contract_signed": _SIGNED,
        "ticket_reply": _TICKET_REPLY,
        "ticket_received": _TICKET_RECEIVED,
    },
}
