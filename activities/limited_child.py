"""Takes limits on, then becomes another program: run by its path with `python -I`.

Arguments: bytes of address space, seconds of processor time, bytes of the largest file it may write, then the command.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # of ours it finds its sibling, which imports nothing of ours

from activities.document_child import leave_network

if __name__ == "__main__":
    memory, seconds, file = (int(each) for each in sys.argv[1:4])
    leave_network()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606 - this is what the process is for
