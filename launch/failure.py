"""What stops a launch, in one sentence for the person at the terminal."""

from __future__ import annotations


class LaunchFailed(Exception):
    """Shown as it is, without a traceback; the process then ends with exit code 1."""
