"""Words for imports of customers: how far one is, and what its rows became."""

from locales import N_

STAGES = {
    "uploaded": N_("not begun"), "checking": N_("being imported"), "done": N_("imported"),
    "cancelled": N_("cancelled"), "failed": N_("could not be read"), "undoing": N_("being taken back"),
    "undone": N_("taken back"),
}  # fmt: skip
STEPS = {
    "": N_("About to begin"), "reading": N_("Reading the file"), "waiting": N_("Waiting for another import to end"),
    "matching": N_("Comparing with the customers there are"), "merging": N_("Merging"),
    "indexing": N_("Making the indexes again"), "assigning": N_("Giving them to people by rule"),
    "undoing": N_("Taking it back"), "ending": N_("The last steps"),
}  # fmt: skip
NEVER = {
    "files": N_("Files cannot be filled from a table: %(fields)s. Add them on the customer's page."),
    "made": N_("Filled by themselves: %(fields)s."),
}
WHY = {
    "double": N_("The same customer as row %(row)s"),
    "exists": N_("This customer is there already, and only new ones were wanted."),
    "missing": N_("There is no such customer, and only updates were wanted."),
    "elsewhere": N_("Such a customer is known outside your regions; it was left as it is."),
    "kept": N_("It was left as it is."),
    "import_kept_used": N_("Somebody has changed or used this customer since: it was left."),
    "import_kept_changed": N_("Somebody has changed this customer since: those values were left."),
    "import_row_long": N_("This row has more cells than the heading."),
    "import_line_unread": N_("This line is no JSON object in UTF-8."),
    "import_cell_long": N_("A cell of this row is longer than 4,000 characters."),
    "field_needed": N_("%(field)s is missing."),
    "import_customer_unknown": N_("%(field)s: there is no such customer in your regions, or more than one."),
    "field_taken": N_("%(field)s: another customer has this value."),
    "tax_number_wrong": N_("This is no unified social credit code: 18 characters that check each other."),
    "phone_invalid": N_("The phone number cannot be one."),
    "email_invalid": N_("The e-mail address cannot be one."),
    "domain_invalid": N_("The web domain cannot be one."),
    "tier_unknown": N_("A tier is A, B, C, D or E."),
    "region_unknown": N_("This is no region you import into."),
    "owner_unknown": N_("This is nobody who may have customers in your regions, or more than one person."),
}
