"""Applies the fixes to the bad examples of the rules' pages and asks the installed Numba whether the result compiles.

    $(sh tests/python.sh) tests/oracle/confirm_fixes.py JITCHECK [FILTER]

JITCHECK is the program. Each fix is applied alone, until its rule has none left; examples without a fix are passed over.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import confirm

MARK = re.compile(r"  # (error|warning|information): .*$", re.M)
ROUNDS = 4


def main():
    jitcheck = Path(sys.argv[1]).resolve()
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    fixed = denied = 0
    for page in sorted((confirm.ROOT / "analyzer/src/rules").glob("*.md")):
        code = page.stem
        if wanted not in code:
            continue
        for block in confirm.blocks(page):
            if not block["name"].endswith(": Bad"):
                continue
            text = repaired(jitcheck, MARK.sub("", block["text"]), code)
            if text is None:
                continue
            fixed += 1
            _, wrong = confirm.confirm({**block, "text": text})
            for _, sentence in wrong:
                denied += 1
                print(f"{block['name']}, line {block['line']}: {sentence}\n{text}", flush=True)
    print(f"{fixed} examples repaired, {denied} denied by Numba {confirm.numba.__version__}")
    return 1 if denied else 0


def repaired(jitcheck, text, code):
    """The text after the fixes of one rule, or nothing if it has none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fixture.py"
        file.write_text(text)
        for _ in range(ROUNDS):
            said = subprocess.run(
                [jitcheck, "check", file, "--fix", "--unsafe-fixes", "--select", code, "--output-format", "json"],
                capture_output=True,
                text=True,
                check=False,
            )
            if not any(finding["fix"] for finding in json.loads(said.stdout or "[]")):
                break
        after = file.read_text()
        return after if after != text else None


if __name__ == "__main__":
    sys.exit(main())
