"""Runs a command that cannot outlive its parent: `tether.py SIGNAL PARENT_PID USER COMMAND...` (USER may be empty).

Linux sends SIGNAL to the command when its parent dies, however it dies. This is a small program that becomes the
command, not a `preexec_fn`, because Python code between fork and exec is unsafe in a parent that has threads.
It imports nothing of ours and starts with `python -I -S`, in about 15 ms.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main(signal_number: str, parent_pid: str, user: str, *command: str) -> None:
    # All modules are loaded by now: the other user may not be allowed to read Python's own files.
    if user:
        account = pwd.getpwnam(user)
        os.initgroups(user, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    if sys.platform == "linux":
        # After setuid, which clears it; and a parent that died before this line sends nothing any more.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != int(parent_pid):
            sys.exit("the parent is gone")
    os.execv(command[0], command)  # noqa: S606  (no shell is wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])
