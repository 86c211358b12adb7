"""The child process of `commands.sandbox`: takes its limits on, then runs one function. Loads nothing before."""

from __future__ import annotations

import errno
import importlib
import json
import resource
import sys
from typing import Any


def main() -> int:
    function, memory, cpu, file = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    try:
        said = _run(function, json.load(sys.stdin))
    except MemoryError:
        return 3  # commands.sandbox.OUT_OF_MEMORY
    except OSError as error:
        return 3 if error.errno == errno.EFBIG else 1
    sys.stdout.write(json.dumps(said))
    return 0


def _run(path: str, args: list[Any]) -> dict[str, Any]:
    from domain.refusal import Refused

    module, _, name = path.partition(":")
    try:
        return {"result": getattr(importlib.import_module(module), name)(*args)}
    except Refused as refused:
        parts = {"code": refused.code, "status": refused.status, "field": refused.field, "params": refused.params}
        return {"refused": parts}


if __name__ == "__main__":
    sys.exit(main())
