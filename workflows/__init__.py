"""One module per business process; each reads like the process. Deterministic: no clock, no I/O of its own."""
