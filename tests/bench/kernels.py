#!/usr/bin/env python3
"""Times the example kernels under jitcheck and under Numba, in turn, and prints ratios.

    $(sh tests/python.sh) tests/bench/kernels.py [--jitcheck target/release/jitcheck] [--rounds 3] [--only NAME,..]

`steady` is a warm call, `first` the time from process start to the first result, `compile` the compile alone. Every
figure is a median over rounds of the ratio jitcheck / Numba inside one round: below 1, jitcheck is faster.
"""
import argparse
import ast
import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

WORKER = r"""
import importlib.util, json, sys, time
path, name, call, started = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
spec = importlib.util.spec_from_file_location("kernel_module", path)
module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)
kernel = getattr(module, name)
seen = []
def spy(*args):
    seen.append(args)
begin = time.monotonic()
if hasattr(module, "make_args"):
    seen.append(module.make_args())
else:
    setattr(module, name, spy)
    module.print = lambda *a: None
    eval(call, vars(module))
made = time.monotonic() - begin
args = seen[0]
begin = time.monotonic(); kernel(*args); compiled = time.monotonic() - begin
first = time.monotonic() - started - made
samples, spent = [], 0.0
while len(samples) < 5 or (spent < 0.5 and len(samples) < 2000):
    begin = time.perf_counter(); kernel(*args); took = time.perf_counter() - begin
    samples.append(took); spent += took
steady = sorted(samples)[len(samples) // 2]
print(json.dumps({"steady_ms": steady * 1e3, "first_result_ms": first * 1e3, "compile_ms": max(compiled - steady, 0) * 1e3}))
"""


def entry(path):
    """The kernel of a module and a call that reaches it."""
    tree = ast.parse(path.read_text())
    kernel = next(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list)
    if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body):
        return kernel, "main()"
    guard = next(node for node in tree.body if isinstance(node, ast.If))
    return kernel, ast.unparse(guard.body[0].value.args[0])


def numba(path, kernel, call):
    command = [sys.executable, "-c", WORKER, str(path), kernel, call, repr(time.monotonic())]
    out = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return json.loads(out.stdout.splitlines()[-1])


def jitcheck(exe, path, kernel):
    command = [exe, "bench", f"{path}::{kernel}", "--python", sys.executable, "--output-format", "json"]
    out = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if not out.stdout.strip():
        raise RuntimeError(out.stderr.strip()[-200:])
    return json.loads(out.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jitcheck", default=str(ROOT / "target/release/jitcheck"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    print(f"{'kernel':22} {'steady':>8} {'first':>8} {'compile':>8} {'ours ms':>10} {'numba ms':>10}")
    for path in sorted((ROOT / "tests/kernels").glob("*.py")):
        if path.stem == "decision_first" or wanted and path.stem not in wanted:
            continue
        kernel, call = entry(path)
        try:
            rounds = [(jitcheck(options.jitcheck, path, kernel), numba(path, kernel, call)) for _ in range(options.rounds)]
        except (RuntimeError, subprocess.SubprocessError) as error:
            print(f"{path.stem:22} failed: {error}")
            continue
        ratio = lambda key: statistics.median(ours[key] / max(theirs[key], 1e-6) for ours, theirs in rounds)
        ours = statistics.median(ours["steady_ms"] for ours, _ in rounds)
        theirs = statistics.median(theirs["steady_ms"] for _, theirs in rounds)
        print(f"{path.stem:22} {ratio('steady_ms'):8.3f} {ratio('first_result_ms'):8.4f} {ratio('compile_ms'):8.4f} "
              f"{ours:10.4f} {theirs:10.4f}")


if __name__ == "__main__":
    main()
