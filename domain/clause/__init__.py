"""What a contract says: its clauses, each with its value and its place on the page, read by rules."""
