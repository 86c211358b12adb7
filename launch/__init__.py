"""The command line, the servers it brings along, and the demo data."""
