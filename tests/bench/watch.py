#!/usr/bin/env python3
"""How long `jitcheck check --watch` takes from a saved edit to the new findings.

    python3 tests/bench/watch.py target/release/jitcheck DIRECTORY [--edits 40]

Copies the Python files below DIRECTORY, watches the copy, edits one file after the other so that its findings change,
and prints the times from the end of the write to the line that says that the project was checked again.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

BROKEN = "\n\n@njit('float64[::1](int64)')\ndef broken_by_the_edit(n):\n    return np.zeros([n, 2])\n"
HEAD = "import numpy as np\nfrom numba import njit\n"


def watched(process):
    """Waits for the end of one check."""
    while line := process.stderr.readline():
        if "watching for changes" in line:
            return line.strip()
    raise SystemExit("the program ended")


def cpu(process):
    """What the program has computed so far, in milliseconds."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:13]) * 1e3 / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jitcheck", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--edits", type=int, default=40)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder) / "project"
        shutil.copytree(args.directory, project)
        files = sorted(project.rglob("*.py"))
        command = [args.jitcheck.resolve(), "check", "--watch", "--no-progress", "--output-format", "concise", project]
        output = open(pathlib.Path(folder) / "output", "w+")
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True, bufsize=1)
        try:
            print(watched(process))
            times, before = [], cpu(process)
            for number in range(args.edits):
                file = files[number * 7 % len(files)]
                text = file.read_text()
                for changed, findings in ((HEAD + text + BROKEN, True), (text, False)):
                    time.sleep(0.15)
                    seen = output.seek(0, 2)
                    file.write_text(changed)
                    start = time.perf_counter()
                    watched(process)
                    times.append((time.perf_counter() - start) * 1e3)
                    output.seek(seen)
                    said = f"{file.name}:" in output.read() and "broken_by_the_edit" in changed
                    assert said or not findings, f"{file}: the edit was not answered"
            computed = (cpu(process) - before) / len(times)
        finally:
            process.terminate()
            process.wait()
    times.sort()
    print(
        f"{len(times)} edits in {len(files)} files: median {statistics.median(times):.1f} ms, "
        f"p90 {times[len(times) * 9 // 10]:.1f} ms, slowest {times[-1]:.1f} ms, "
        f"{computed:.1f} ms of computing each"
    )


main()
