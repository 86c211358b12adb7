"""The sentence for each refusal code, in the reader's language. Whoever adds a code adds its sentence here.

A sentence says what was refused and what to do now; `%(name)s` takes the refusal's parameter of that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from locales import N_, translate
from locales.formats import Formats


class Coded(Protocol):
    """What a refusal carries (`domain.refusal.Refused`, or a workflow's answer)."""

    code: str
    params: dict[str, Any]


SENTENCES = {
    "not_found": N_("This does not exist, or you may not see it."),
    "forbidden": N_("Your role does not allow this. Ask an administrator if you need it."),
    "signed_out": N_("You are signed out. Sign in again; what you typed is still here."),
    "csrf": N_("This page is out of date. Reload it and send again."),
    "key_reused": N_("This form was already sent with other contents. Reload the page before sending it again."),
    "not_confirmed": N_("The server did not confirm this in time. Send it again; it will not be done twice."),
    "outdated": N_("Somebody changed this meanwhile. Reload to see it as it is now."),
    "letter_needed": N_("Processes send this letter, so it stays; its words are yours."),
    "letter_doubled": N_("There is a letter with this key already."),
    "unknown_language": N_("There is no such language here."),
    "unknown_theme": N_("Choose light, dark, or as the system."),
    "not_yours": N_("This task belongs to somebody else."),
    "already_decided": N_("%(by)s has already decided this."),
    "task_cancelled": N_("This task is no longer needed."),
    "stale_version": N_("Somebody changed this meanwhile. Reload to see it as it is now."),
    "claimed": N_("%(by)s is working on this task."),
    "not_claimed": N_("You have not claimed this task."),
    "reason_unknown": N_("Choose one of the listed reasons."),
    "reason_words_needed": N_("Say it in your own words, too: this reason needs them."),
    "owner_same": N_("This deal is theirs already: choose somebody else."),
    "does_not_sell_here": N_("Choose somebody who sells in the deal's region."),
    "split_amount": N_("The part must be more than nothing and less than the whole."),
    "deal_under_way": N_("This deal is under way already."),
    "contact_unknown": N_("Choose one of the customer's contacts."),
    "competitor_there": N_("This competitor is on the deal already."),
    "file_type": N_("Files of this type are not taken. These are: %(types)s."),
    "file_other_type": N_("This is not what its name ends in: %(ending)s."),
    "own_request": N_("You cannot decide on your own request."),
    "time_unreadable": N_("This is not a day and a time. Write it like 2026-12-01 09:00."),
    "ends_before_start": N_("The end must be later than the beginning."),
    "absence_past": N_("This time is over already."),
    "absence_too_long": N_("An absence lasts %(days)s days at most."),
    "absence_too_far": N_("This is too far ahead: at most %(days)s days."),
    "valid_from_too_far": N_("This is too far ahead: at most %(days)s days."),
    "absence_begun": N_("This absence has begun: its beginning can no longer be changed."),
    "absence_ended": N_("This absence is over or was called off."),
    "absence_overlaps": N_("There is another absence at this time: change that one, or choose other times."),
    "not_superior": N_("Only this person, somebody they report to or an administrator can arrange this absence."),
    "person_left": N_("This person has left the company."),
    "substitute_oneself": N_("Choose somebody else as substitute."),
    "substitute_nobody": N_("Nobody at work holds this. Choose a colleague, or a role that somebody else holds."),
    "delegating_off": N_("The policy does not let this be delegated."),
    "adding_signers_off": N_("The policy does not let signers be added here."),
    "path_too_long": N_("This approval has %(most)s steps already, which is the most it can have."),
    "to_oneself": N_("Choose somebody else: it is with you already."),
    "asked_already": N_("Choose somebody else: this person decides in the same step already."),
    "person_unknown": N_("Choose somebody who works here."),
    "too_long": N_("At most %(most)s characters, please."),
    "too_many": N_("At most %(most)s at once, please."),
    "too_many_remarks": N_("There are %(most)s comments already. Talk to each other instead."),
    "nobody_to_nudge": N_("Nobody is asked at this moment: there is nobody to nudge."),
    "nudged_enough": N_("You have nudged %(most)s times, which is the most the policy allows."),
    "nudged_just_now": N_("You have nudged just now. You can again from %(at)s."),
    "not_submitter": N_("Only who submitted the request can do this."),
    "same_version": N_("The case is under version %(version)s already."),
    "step_unknown": N_("The case cannot go back to this step. Look where it stands now."),
    "not_in_bulk": N_("The policy wants this decided by itself. Open it and decide there."),
    "signature_needed": N_("This step is signed: type your name."),
    "second_factor_needed": N_("This step wants a code of your second factor."),
    "signature_unlike": N_("This is not your name as it is known here."),
    "fact_unknown": N_("A request says nothing of this kind: %(fact)s."),
    "comment_needed": N_("Say why, so that the submitter knows what to change."),
    "link_unknown": N_("This link leads nowhere. Open the newest mail again, and copy the whole link if it is broken."),
    "link_expired": N_("This link is older than %(days)s days and no longer works. Sign in to decide."),
    "links_off": N_("Deciding by mail is switched off here. Sign in to decide."),
    "link_of_nobody": N_("This link belongs to somebody who no longer works here."),
    "passed_on": N_("This task has been passed on to somebody else: nothing is asked of you any more."),
    "sign_in_to_decide": N_("This step wants more than a click. Sign in to decide."),
    "too_many_tries": N_("Too many attempts from this address. Try again in %(seconds)s s."),
    "not_decidable": N_("This task is not decided here. Open its case."),
    "process_ended": N_("This case has ended."),
    "lead_ended": N_("This lead has already been qualified or closed."),
    "owner_not_selling": N_("This person does not sell in that region."),
    "lead_unassigned": N_("Nobody owns this lead yet."),
    "deal_closed": N_("This deal is closed."),
    "moved_meanwhile": N_("%(by)s moved this deal meanwhile. Look where it stands now."),
    "reason_needed": N_("Say why: choose a reason."),
    "amount_fixed": N_("The amount is fixed while the contract is in approval, and once it is approved."),
    "contract_not_draft": N_("This contract is not waiting for a version."),
    "amount_unreadable": N_("This cannot be read as an amount. Write it like 24,000.00 or 2.4万."),
    "number_format": N_("Enter a number that is possible here."),
    "amount_decimals": N_("%(currency)s has %(digits)d decimals at most."),
    "amount_too_large": N_("This amount is too large."),
    "amount_positive": N_("Enter an amount above zero."),
    "collection_paid": N_("This order is already paid in full."),
    "date_in_future": N_("This day has not come yet."),
    "date_too_early": N_("This day is too long ago. Check the year."),
    "paid_meanwhile": N_("A payment has been recorded meanwhile. If it is not this one, send it again."),
    "more_than_owed": N_("That is more than is still owed."),
    "phone_invalid": N_("This is not a phone number. Add the country code if it is a foreign one."),
    "contact_needed": N_("Leave a phone number or an e-mail address, so that we can answer."),
    "consent_needed": N_("Tick the box first, so that we may contact you."),
    "field_needed": N_("Please fill this in."),
    "field_too_long": N_("At most %(most)s characters, please."),
    "too_many_enquiries": N_("Too many enquiries from this address. Try again in %(seconds)s s."),
    "origin_not_allowed": N_("This form may not be sent from %(origin)s. Add the site to the form's origins."),
    "too_many_origins": N_("At most %(most)s sites, please."),
    "origin_invalid": N_("This is not a site's address. Write it like https://www.example.com."),
    "region_unknown": N_("There is no such region."),
    "customer_unknown": N_("There is no such customer among those you may see."),
    "document_unknown": N_("Upload the file first."),
    "document_empty": N_("The file is empty. Choose another."),
    "document_not_pdf": N_("This is not a PDF. Save it as a PDF and choose that file."),
    "document_too_large": N_("The file is larger than %(most)s MB. Make it smaller and send it again."),
    "sandbox_memory": N_("This file is too large once it is opened. Split it, and send the parts."),
    "sandbox_time": N_("This file takes too long to read (more than %(seconds)s s). Split it, and send the parts."),
    "file_unreadable": N_("This file cannot be read. Save it anew, and send that file."),
    "disk_full": N_("The server has no room left for files. Tell your administrator."),
    "stage_unknown": N_("This pipeline has no such stage."),
    "stage_same": N_("The deal stands in this stage already."),
    "stage_closed": N_("A won or lost deal does not move."),
    "stage_skipped": N_("Stages are taken one after the other."),
    "gate_failed": N_("Something is missing before this stage."),
    "amount_needed": N_("The deal needs an amount first."),
    "contract_not_approved": N_("The contract must be approved first."),
    "fact_missing": N_("The policy asks for something this case does not say: %(fact)s."),
    "fact_invalid": N_("The policy cannot use what this case says here: %(fact)s."),
    "no_row_fits": N_("The policy has no rule for this case. Ask whoever keeps the policies to add one."),
    "approver_needs_region": N_("This step is approved in a region. Choose the region of the request first."),
    "policy_kind_unknown": N_("There is no such kind of policy."),
    "policy_invalid": N_("The policy cannot be published like this: something in it is wrong."),
    "policy_outdated": N_("Version %(version)s was published meanwhile, by %(by)s. Compare it with your draft first."),
    "draft_changed": N_("%(by)s changed or discarded this draft meanwhile. Look at it as it is now, then do it again."),
    "document_unreadable": N_("This document cannot be kept: it is not well-formed JSON."),
    "column_doubled": N_("There is a column for this already."),
    "policy_not_tried": N_("Only approval lines can be tried on requests."),
    "cell_unfit": N_("Choose one of these."),
    "range_open": N_("Give a lower limit, an upper limit or both."),
    "range_empty": N_("No value lies between these limits."),
    "values_needed": N_("Choose or write one at least."),
    "number_unreadable": N_("This cannot be read as a number or a date of this kind."),
    "approver_unknown": N_("Nobody at work here has this e-mail address."),
    "step_empty": N_("Say who is asked."),
    "key_unusable": N_("Use small letters, digits and _, beginning with a letter."),
    "step_doubled": N_("Two steps have the same name."),
    "date_unreadable": N_("This cannot be read as a date."),
    "hours_unreadable": N_("Write hours like 09:00-12:00 13:00-18:00."),
    "note_needed": N_("Say what changes and why, for those who look it up later."),
    "instant_unusable": N_("Write the time with its zone, like 2026-11-22T09:30:00+08:00, in the years 1900 to 2199."),
    "interval_backwards": N_("This ends before it starts."),
    "due_too_far": N_("By this calendar it is not due within fifty years. Check calendar and time allowed."),
    "country_unknown": N_("The list of holidays does not know this country, or this part of it."),
    "bad_request": N_("This request cannot be read."),
    "method_not_allowed": N_("This cannot be done at this address."),
    "too_large": N_("This is more than 26 MB. Send less at once."),
    "media_type": N_("This kind of content is not taken here."),
    "invalid": N_("Some of this cannot be used as it is: %(fields)s."),
    "text_not_storable": N_("The text holds a character that cannot be kept. Type it again instead of pasting it."),
    "key_missing": N_("Send an Idempotency-Key of 8 to 200 visible characters, so that repeating is safe."),
    "temporal_ui_none": N_("No Temporal UI is set up behind this app: set THROUGHLINE_TEMPORAL_UI_URL."),
    "away": N_("A part of the server is not reachable just now. Nothing was changed; try again in a moment."),
    "unforeseen": N_("Something went wrong on the server. Tell your administrator the number %(number)s."),
    "wrong_credentials": N_("E-mail and password do not fit together."),
    "too_many_attempts": N_("Too many attempts. Try again in %(minutes)s min."),
    "sign_in_again": N_("That took too long. Sign in again."),
    "wrong_code": N_("This code is wrong, or was used already. Wait for the next one."),
    "code_needed": N_("This account has a second factor: send its code too."),
    "offer_over": N_("This picture is too old. Start again with a new one."),
    "second_factor_on": N_("The second factor is on already. Switch it off first."),
    "password_temporary": N_("Choose a password of your own first."),
    "password_too_short": N_("At least %(least)s characters, please."),
    "password_too_long": N_("At most %(most)s characters, please."),
    "password_too_simple": N_("This password is too easy to guess."),
    "password_differs": N_("This is not what you typed above."),
    "password_same": N_("This is the password you have. Choose another."),
    "wrong_password": N_("This is not your password."),
    "email_invalid": N_("This is not an e-mail address."),
    "email_taken": N_("Somebody has this e-mail address already."),
    "unit_unknown": N_("There is no such team or region."),
    "manager_unknown": N_("There is no such person at work here."),
    "manager_loop": N_("%(name)s reports to this person: nobody can report to themselves."),
    "last_administrator": N_("Somebody has to stay administrator. Give the role to another person first."),
    "zone_unknown": N_("There is no such time zone."),
    "name_length": N_("Between 1 and %(most)s characters, please."),
    "days_range": N_("Between 1 and %(most)s days, please."),
}
UNKNOWN = N_("This is not possible now (%(code)s).")


PARAMETER = re.compile(r"%\((\w+)\)[sd]")


def refusal_text(refused: Coded, language: str, formats: Formats | None = None) -> str:
    """The refusal in words, instants among its parameters as `formats` writes them; a gate says all that is missing."""
    missing = [condition["message"] for condition in refused.params.get("conditions", ())]
    codes = [code for code in missing if code in SENTENCES] or [refused.code]
    sentences = [translate(language).gettext(SENTENCES.get(code, UNKNOWN)) for code in codes]
    params = readable(refused.params, formats) | {"code": refused.code}
    # Not by `%`: a sentence that asks for more than the refusal carries is still said.
    return PARAMETER.sub(lambda asked: str(params.get(asked[1], "…")), " ".join(sentences))


def readable(params: Mapping[str, object], formats: Formats | None) -> dict[str, object]:
    """A process writes its instants as text, in `at`."""
    instants = {name: value for name, value in params.items() if isinstance(value, datetime)}
    if isinstance(at := params.get("at"), str):
        instants["at"] = datetime.fromisoformat(at)
    return {**params, **({name: formats.exact(value) for name, value in instants.items()} if formats else {})}
