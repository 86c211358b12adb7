"""Approval policies in the words of an office: who is asked, how, in what time, and the rules of all steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from domain.approval import ApprovalPolicy, PassOn, Rules, Step, Timeout
from domain.approver import Approver, HeadApprover, PersonApprover, RoleApprover, SuperiorApprover
from domain.calendar import Calendar
from domain.customer_assignment import HOME, CustomerAssignmentPolicy, Follows
from domain.document import PolicyDocument
from domain.ids import is_id
from domain.lead_assignment import Group, LeadAssignmentPolicy, Member, RoleGroup, UnitGroup
from domain.lead_score import Points
from locales import N_, translate
from locales.labels import label
from ui import calendar_words
from ui.clause_words import ClauseWords
from ui.sla_words import SlaWords
from ui.table_words import TableWords

MODES = {
    "any": N_("%(who)s (any of them)"),
    "all": N_("%(who)s (all of them)"),
    "in_order": N_("%(who)s (one after the other)"),
}
TIMEOUTS = {
    "remind": N_("then they are reminded again"),
    "escalate": N_("then the next above may decide too"),
    "approve": N_("then it counts as approved"),
    "reject": N_("then it counts as rejected"),
}
PROOFS = {"signature": N_("signed with the typed name"), "second_factor": N_("confirmed with the second factor")}

RULES = {
    "nobody": (N_("Nobody is found for a step"), {
        "above": N_("the next above is asked"),
        "administrator": N_("an administrator is asked"),
        "skip": N_("the step is left out"),
    }),
    "own": (N_("The approver is the submitter"), {
        "above": N_("the next above is asked"),
        "skip": N_("the step is left out"),
        "allow": N_("they decide themselves"),
    }),
    "twice": (N_("Somebody approved an earlier step"), {
        "ask": N_("they are asked again"),
        "once": N_("their approval counts for the later step"),
        "consecutive": N_("their approval counts for the step right after it"),
    }),
    "left": (N_("An approver leaves the company"), {
        "above": N_("the next above is asked"),
        "administrator": N_("an administrator is asked"),
    }),
    "question_clock": (N_("While the submitter is asked something"), {
        "runs": N_("the time allowed runs on"),
        "stops": N_("the time allowed stands still"),
    }),
    "resubmit": (N_("After a return, a new version begins"), {
        "start": N_("with the first step"),
        "where_returned": N_("with the step that returned it, where the facts are the same"),
    }),
}  # fmt: skip
"""What a rule is about, and what each of its values means."""

ALLOWED = {True: N_("allowed"), False: N_("not allowed")}


def people_in(policy: PolicyDocument) -> set[str]:
    """The ids of the people a policy names, for `ui.names.names`."""
    if isinstance(policy, LeadAssignmentPolicy):
        members = [one for row in policy.table.rows for one in row.then.to]
        return {one.person for one in members if isinstance(one, PersonApprover) and one.known} | {
            person for person in policy.capacity.people if is_id(person)
        }
    if isinstance(policy, CustomerAssignmentPolicy):
        placed = [one for row in policy.table.rows for one in row.then.follow]
        return {one.person for one in placed if one.person and is_id(one.person)}
    asked = policy.asked if isinstance(policy, ApprovalPolicy) else []
    return {one.person for one in asked if isinstance(one, PersonApprover) and one.known}


class PolicyWords(TableWords):
    """For one reader; `names` knows the people and units that the policy speaks of."""

    def approver(self, approver: Approver) -> str:
        match approver:
            case PersonApprover():
                return self.names.person(approver.person) or self._(N_("somebody unknown"))
            case RoleApprover():
                return label("role", approver.role, self.language)
            case SuperiorApprover(levels=1):
                return self._(N_("the submitter's superior"))
            case SuperiorApprover():
                return self._(N_("the submitter's superiors, %(levels)d levels up"), levels=approver.levels)
            case HeadApprover(unit=None):
                return self._(N_("the head of the submitter's team"))
            case HeadApprover():
                return self._(N_("the head of %(unit)s"), unit=self.unit(approver.unit or ""))

    def unit(self, code: str) -> str:
        return next((unit.called(self.language) for unit in self.names.units.values() if unit.code == code), code)

    def who(self, step: Step) -> str:
        """ "Legal, CFO (all of them)"; a single approver without the words in brackets."""
        several = len(step.who) > 1 or any(isinstance(one, SuperiorApprover) and one.levels > 1 for one in step.who)
        who = self.approvers(step)
        return self._(MODES[step.mode], who=who) if several else who

    def approvers(self, step: Step) -> str:
        """ "Legal, CFO", whether one of them decides or all."""
        return self._approvers(step.who)

    def _approvers(self, approvers: Iterable[Approver]) -> str:
        return self.listed(self.approver(one) for one in approvers)

    def step(self, step: Step) -> str:
        """What the step is called: its own name, or who decides it."""
        if step.name is None:
            return self.who(step)
        return step.name.called(self.language)

    def time(self, step: Step) -> str:
        """ "8 h", "8 working hours (office calendar)"."""
        return self.span(step.allowed, step.calendar)

    def span(self, length: timedelta, calendar: str | None = None) -> str:
        """A length by the clock; by a calendar in hours, because its days are not 24 of them, or what is shorter."""
        if calendar is None:
            return self.formats.span(length)
        if length <= timedelta(hours=1) or length % timedelta(seconds=36):  # no plain number of hours
            time = self.formats.span(length)
            return self._(N_("%(time)s of working time (%(calendar)s)"), time=time, calendar=self.calendar(calendar))
        hours = Decimal(int(length.total_seconds())) / 3_600
        return self._(
            N_("%(hours)s working hours (%(calendar)s)"),
            hours=self.formats.number(hours),
            calendar=self.calendar(calendar),
        )

    def details(self, step: Step) -> list[str]:
        """What holds for the step beside who and in what time, as parts of a sentence."""
        told = [self.who(step)] if step.name is not None else []
        if step.remind is not None:
            told.append(self._(N_("reminded after %(time)s"), time=self.span(step.remind, step.calendar)))
        told.append(self.timeout(step.timeout))
        if step.proof in PROOFS:
            told.append(self._(PROOFS[step.proof]))
        if step.copy_to:
            told.append(self._(N_("copy to %(who)s"), who=self._approvers(step.copy_to)))
        if step.bulk:
            told.append(self._(N_("may be approved in bulk")))
        return told

    def path(self, steps: Iterable[Step]) -> list[dict[str, str]]:
        """The steps as `ui.steps` shows them."""
        dot = self._(N_("; "))
        return [
            {"state": "plain", "role": self.step(step), "note": dot.join(self.details(step)), "end": self.time(step)}
            for step in steps
        ]

    def timeout(self, timeout: Timeout) -> str:
        if isinstance(timeout, PassOn):
            return self._(N_("then %(who)s is asked instead"), who=self.approver(timeout.to))
        return self._(TIMEOUTS[timeout.do])

    def points(self, points: Points) -> str:
        """ "+40", "−10"."""
        return f"+{points.points}" if points.points > 0 else f"−{-points.points}" if points.points < 0 else "0"

    def group(self, group: Group) -> str:
        """Who together have one fair turn: "Senior sales of the region, East sales"."""
        return self.listed(self.member(one) for one in group.to)

    def member(self, member: Member) -> str:
        match member:
            case RoleGroup():
                return self._(N_("%(role)s of the region"), role=label("role", member.role, self.language))
            case UnitGroup():
                return self.unit(member.unit)
            case _:
                return self.names.person(member.person) or self._(N_("somebody unknown"))

    def follows(self, follows: Follows) -> str:
        """Where a rule puts a new customer: "East China: somebody by turn (B)"."""
        region = self._(N_("the region of who enters it")) if follows.region == HOME else self.unit(follows.region)
        person = self.names.person(follows.person) or self._(N_("somebody unknown"))
        pool = self.names.pool(follows.pool) if follows.pool else self._(N_("the pool"))
        to = {"pool": pool, "turn": self._(N_("somebody by turn")), "person": person}[follows.to]
        return self._(N_("%(region)s: %(to)s (%(tier)s)"), region=region, to=to, tier=follows.tier)

    def calendar(self, key: str) -> str:
        return label("calendar", key, self.language)

    def week(self, calendar: Calendar) -> list[tuple[str, str]]:
        return calendar_words.week(calendar, self.language)

    def month(self, calendar: Calendar, first: date) -> calendar_words.Month:
        return calendar_words.month(calendar, first, self.language)

    def special_days(self, calendar: Calendar) -> list[calendar_words.DayWords]:
        return calendar_words.special_days(calendar, self.language)

    @property
    def clauses(self) -> ClauseWords:
        return ClauseWords(self.language, self.formats)

    @property
    def sla(self) -> SlaWords:
        return SlaWords(self.language, self.formats, self.span)

    def rules(self, rules: Rules) -> list[tuple[str, str]]:
        """What each rule is about, and what holds."""
        told = [(self._(about), self._(values[getattr(rules, name)])) for name, (about, values) in RULES.items()]
        nudges = translate(self.language).ngettext(
            "%(num)d time, %(time)s apart", "%(num)d times, %(time)s apart", rules.nudges
        )
        often = nudges % {"num": rules.nudges, "time": self.formats.span(rules.nudge_every)}
        return [
            *told,
            (self._(N_("The submitter may nudge an approver")), often if rules.nudges else self._(ALLOWED[False])),
            (self._(N_("Handing a task to somebody else")), self._(ALLOWED[rules.delegate])),
            (self._(N_("Adding a signer")), self._(ALLOWED[rules.add_signer])),
        ]
