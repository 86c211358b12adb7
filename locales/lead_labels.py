"""What leads are, where they come from and what is known of them: groups of `locales.labels.LABELS`."""

from locales import N_

LEAD_LABELS: dict[str, dict[str, str]] = {
    "lead": {
        "new": N_("New"),
        "pooled": N_("In the pool"),
        "assigned": N_("To be contacted"),
        "contacted": N_("Contacted"),
        "asleep": N_("Asleep"),
        "converted": N_("Qualified"),
        "closed": N_("Closed"),
    },
    "source": {
        "form": N_("Web form"),
        "api": N_("Other system"),
        "hand": N_("Entered by hand"),
        "upload": N_("Uploaded file"),
        "mail": N_("E-mail"),
        "hook": N_("Webhook"),
        "merged": N_("another lead that turned out to be this one"),
    },
    "industry": {
        "manufacturing": N_("Manufacturing"),
        "retail": N_("Retail and e-commerce"),
        "logistics": N_("Logistics"),
        "finance": N_("Financial services"),
        "healthcare": N_("Healthcare"),
        "education": N_("Education"),
        "energy": N_("Energy and chemicals"),
        "technology": N_("Internet and software"),
        "construction": N_("Construction and property"),
        "public": N_("Public sector"),
        "other": N_("Something else"),
    },
    "size": {
        "micro": N_("Fewer than 10"),
        "small": N_("10 to 49"),
        "medium": N_("50 to 499"),
        "large": N_("500 and more"),
    },
    "intent": {
        "buy": N_("Wants to buy soon"),
        "compare": N_("Compares offers"),
        "learn": N_("Looks around"),
    },
    "shared": {
        "phone": N_("the same phone number"),
        "email": N_("the same e-mail address"),
        "name": N_("the same person's name"),
        "company": N_("the same company"),
        "near_company": N_("nearly the same company name"),
        "same_sound": N_("a company name that sounds the same"),
        "longer_company": N_("a company name that begins alike"),
    },
    "contact_outcome": {
        "reached": N_("Reached"),
        "message_left": N_("Message left or sent"),
        "no_answer": N_("No answer"),
        "wrong_details": N_("Number or address is wrong"),
    },
    "lead_why": {
        "turn": N_("it was their turn"),
        "hand": N_("entered by hand for them"),
        "claimed": N_("claimed"),
        "given": N_("given by a manager"),
        "kept": N_("it was theirs before"),
    },
}
