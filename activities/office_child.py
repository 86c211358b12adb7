"""Takes limits on, then becomes LibreOffice: run by its path with `python -I`, arguments are the command to become.

LibreOffice reserves far more address space than it uses, so its memory is held by a higher limit than a PDF's.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # of ours it finds its sibling, which imports nothing of ours

from activities.document_child import leave_network

MEMORY = 4 * 1024**3
CPU_SECONDS = 60
LARGEST_FILE = 64 * 1024**2

if __name__ == "__main__":
    leave_network()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - this is what the process is for
