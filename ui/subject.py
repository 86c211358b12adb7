"""What may be asked to be approved, in the words and links of its pages, one entry for each kind."""

from __future__ import annotations

from typing import NamedTuple

from db.subject import SubjectCase
from locales import N_


class SubjectWords(NamedTuple):
    """`value` is what its amount is called; the last four say what becomes of it."""

    icon: str
    path: str
    value: str
    approved: str
    returned: str
    rejected: str
    withdrawn: str


SUBJECTS: dict[str, SubjectWords] = {
    "contract": SubjectWords(
        "file-text", "/contracts", N_("Contract value"),
        approved=N_("With this the contract is approved."),
        returned=N_("The submitter can change the contract and submit it again."),
        rejected=N_("The contract ends here. This cannot be taken back."),
        withdrawn=N_("Nobody is asked any more. The contract is a draft again, and you can submit another version."),
    ),
    "quote": SubjectWords(
        "file-check", "/quotes", N_("Quote total"),
        approved=N_("With this the quote may be sent to the customer."),
        returned=N_("The submitter can change the quote and submit it again."),
        rejected=N_("The quote goes back to its owner, who cannot send it at these terms."),
        withdrawn=N_("Nobody is asked any more. The quote is a draft again, and you can submit another version."),
    ),
    "write_off": SubjectWords(
        "ban", "/collections", N_("Amount to write off"),
        approved=N_("With this the amount is written off."),
        returned=N_("The submitter can change the request and make it again."),
        rejected=N_("Nothing is written off: the amount stays owed."),
        withdrawn=N_("Nobody is asked any more. Nothing is written off."),
    ),
    "refund": SubjectWords(
        "undo-2", "/collections", N_("Amount to pay back"),
        approved=N_("With this finance may pay the amount back."),
        returned=N_("The submitter can change the request and make it again."),
        rejected=N_("Nothing is paid back: the amount stays with us."),
        withdrawn=N_("Nobody is asked any more. Nothing is paid back."),
    ),
    "service_hold": SubjectWords(
        "hourglass", "/collections", N_("Amount overdue"),
        approved=N_("With this the customer's service is put on hold."),
        returned=N_("The submitter can change the request and make it again."),
        rejected=N_("The customer's service goes on."),
        withdrawn=N_("Nobody is asked any more. The customer's service goes on."),
    ),
}  # fmt: skip


def subject_words(kind: str) -> SubjectWords:
    return SUBJECTS[kind]


def subject_href(kind: str, subject_id: str) -> str:
    """The page of the record itself."""
    return f"{SUBJECTS[kind].path}/{subject_id}"


def behind(case: SubjectCase) -> str:
    """The page of what stands behind it: its deal, or where there is none the record itself."""
    return f"/deals/{case.deal.id}" if case.deal else subject_href(case.subject.kind, case.subject.id)
