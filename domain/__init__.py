"""Pure rules and types: no I/O, no clock, no Temporal, no SQL."""
