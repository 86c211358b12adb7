"""The texts that scripts show; the page carries them as JSON, in the reader's language."""

from __future__ import annotations

from locales import N_
from ui.formats import gettext

WORDS = {
    "days": N_("%(days)d d"),
    "days_hours": N_("%(days)d d %(hours)d h"),
    "hours": N_("%(hours)d h"),
    "hours_minutes": N_("%(hours)d h %(minutes)d min"),
    "minutes": N_("%(minutes)d min"),
    "seconds": N_("%(seconds)d s"),
    "overdue": N_("Overdue %(time)s"),
    "undo": N_("Undo"),
    "copied": N_("Copied"),
    "dismiss": N_("Dismiss"),
    "live": N_("Live"),
    "reconnecting": N_("Reconnecting"),
    "unreachable": N_("The server cannot be reached. Try again in a moment."),
    "failed": N_("That did not work. Reload the page and try again."),
    "changed": N_("Changed meanwhile: show the new state"),
    "updated": N_("The page was updated."),
    "moved": N_("%(title)s moved to %(stage)s."),
    "not_moved": N_("%(title)s stays in %(stage)s."),
    "moving": N_("Moving %(title)s to %(stage)s."),
    "sending": N_("Sending"),
    "nothing_found": N_("Nothing found"),
    "locating": N_("Asking where you are …"),
    "located": N_("Found."),
    "not_located": N_("It is not known where you are."),
}


def script_words() -> dict[str, str]:
    return {name: gettext(text) for name, text in WORDS.items()}
