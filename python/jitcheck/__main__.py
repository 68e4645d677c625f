"""`python -m jitcheck` is `jitcheck`."""

import os
import subprocess
import sys

from ._find import find_jitcheck_bin


def main() -> int:
    program = find_jitcheck_bin()
    command = [program, *sys.argv[1:]]
    if os.name != "nt":
        os.execv(program, command)
    try:
        return subprocess.run(command).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
