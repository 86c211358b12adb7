"""Runs the processes: workflows, activities, the relay of the outbox, the mail."""
