"""What somebody did, as the audit log says it, in the reader's language."""

from __future__ import annotations

from locales import N_, translate

SENTENCES = {
    "sign_in.done": N_("Signed in"),
    "sign_in.token": N_("Signed in with a program"),
    "sign_in.failed": N_("Wrong password at sign-in"),
    "sign_in.wrong_code": N_("Wrong code at sign-in"),
    "sign_in.out": N_("Signed out"),
    "password.changed": N_("Changed the password"),
    "password.wrong": N_("Wrong password when asked once more"),
    "second_factor.enabled": N_("Switched the second factor on"),
    "second_factor.disabled": N_("Switched the second factor off"),
    "token.created": N_("Made a token"),
    "token.revoked": N_("Revoked a token"),
    "person.create": N_("Took somebody on"),
    "person.roles": N_("Gave the first roles"),
    "person.changed": N_("Changed a person"),
    "person.left": N_("Saw somebody off"),
    "person.back": N_("Took somebody back"),
    "person.sign_in_reset": N_("Reset somebody's sign-in"),
    "NewLead": N_("Entered a lead"),
    "LogContact": N_("Noted the first contact"),
    "QualifyLead": N_("Qualified a lead"),
    "CloseLead": N_("Closed a lead"),
    "ChangeLeadForm": N_("Changed a lead form"),
    "NewDeal": N_("Opened a deal"),
    "MoveDeal": N_("Moved a deal"),
    "EditDeal": N_("Edited a deal"),
    "NoteDeal": N_("Logged a follow-up"),
    "SetPriority": N_("Set a deal's priority"),
    "FollowPipeline": N_("Moved a deal to another version of its pipeline"),
    "ActionCommand": N_("Tried a failed action again, or gave it up"),
    "FinishTask": N_("Did a task of a stage"),
    "RegisterWebhook": N_("Registered a webhook"),
    "ChangeWebhook": N_("Changed a webhook"),
    "RenewWebhookSecret": N_("Renewed a webhook's secret"),
    "ResumeWebhook": N_("Resumed a webhook"),
    "PauseWebhook": N_("Paused a webhook"),
    "RemoveWebhook": N_("Removed a webhook"),
    "SubmitContract": N_("Submitted a contract"),
    "Decide": N_("Decided a task"),
    "MoveTask": N_("Gave a task to somebody else"),
    "AddSigner": N_("Added a signer"),
    "Ask": N_("Asked or answered about a request"),
    "Say": N_("Commented on a request"),
    "Command": N_("Nudged an approver, or withdrew a request"),
    "MovePolicy": N_("Moved a request to another policy version"),
    "mail_link.used": N_("Decided by mail link"),
    "TaskCommand": N_("Took or gave back a task"),
    "RecordPayment": N_("Recorded a payment"),
    "AddDocument": N_("Added a document"),
    "temporal.decode": N_("Read payloads in Temporal"),
    "temporal.encode": N_("Encrypted payloads for Temporal"),
    "Mend": N_("Mended what pages show of a case"),
    "PlanAbsence": N_("Planned an absence"),
    "ChangeAbsence": N_("Changed an absence"),
    "EndAbsence": N_("Ended an absence"),
    "PublishPolicy": N_("Published a policy"),
}


def deed(action: str, language: str) -> str:
    """A code that has no words yet is shown as it is: a log hides nothing."""
    return translate(language).gettext(SENTENCES.get(action, action))
