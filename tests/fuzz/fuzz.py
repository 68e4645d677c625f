#!/usr/bin/env python3
"""Compares random kernels under jitcheck with Numba, and with the interpreter where it means the same.

    $(sh tests/python.sh) tests/fuzz/fuzz.py --count 1000 [--seed 0] [--jitcheck target/release/jitcheck]

Kernel number N is the same in every run: `--seed N --count 1` repeats it, `--show` prints it. What differs is printed
with its source and kept under `--keep DIR`. The last line counts what came of the kernels; the exit code is 1 if any
differed. `README.md` lists the differences that are meant.
"""
import argparse
import collections
import json
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile

import numpy as np

import compare
import generate

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def reference(who, module, calls, where):
    """What each call gives there. A call that kills the process is left out of the next one."""
    answers, left = {}, list(calls)
    while left:
        given, out = where / f"{who}.calls", where / f"{who}.answers"
        given.write_bytes(pickle.dumps(left))
        out.write_bytes(b"")
        command = [sys.executable, str(HERE / "worker.py"), who, str(module), str(given), str(out)]
        try:
            subprocess.run(command, timeout=60 + 10 * len(left), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            pass
        begun = None
        with open(out, "rb") as file:
            while True:
                try:
                    name, answer = pickle.load(file)
                except (EOFError, pickle.UnpicklingError):
                    break
                answers[name] = answer
                begun = name if answer is None else None
        if begun is not None:
            answers[begun] = {"status": "crashed"}
        before = len(left)
        left = [call for call in left if call[0] not in answers]
        if len(left) == before:
            break
    return answers


def ours(exe, module, kernels, where):
    calls = where / "calls.jsonl"
    with open(calls, "w") as file:
        for kernel in kernels:
            arrays = {}
            args = [compare.encode(compare.argument(ty, data), arrays) for _, ty, data in kernel.args]
            if arrays:
                np.savez(where / f"{kernel.name}.npz", **arrays)
            call = {"id": kernel.name, "file": module.name, "function": kernel.name, "line": kernel.line,
                    "arg_types": [ty for _, ty, _ in kernel.args], "args": args, "options": kernel.options,
                    "npz": f"{kernel.name}.npz" if arrays else None}
            file.write(json.dumps(call) + "\n")
    command = [exe, "run", "--batch", str(calls), "--out", str(where / "out"), "--root", str(where), "--boundscheck",
               "--timeout", "30"]
    out = subprocess.run(command, capture_output=True, text=True, timeout=40 * len(kernels))
    return {answer["id"]: answer for answer in map(json.loads, out.stdout.splitlines())}


def unliteral(ty):
    return "int64" if ty.startswith("Literal[int]") else "bool" if ty.startswith("Literal[bool]") else ty


def judge(ours, theirs, where, tolerance, python):
    """What came of one kernel, and how the two differ if they do. The interpreter has other words and NumPy's scalars."""
    status, other = ours["status"], theirs["status"]
    if other == "refused":
        if status == "unsupported":
            return "refused by both", None
        if "internal" in theirs["message"] or theirs["class"] not in ("TypingError", "UnsupportedError"):
            return "refused for another reason", None
        return "accepted", f"Numba refuses it: {theirs['message'][:300]}"
    if other == "crashed":
        return "Numba crashed", None
    if "problem has occurred in Numba's internals" in theirs.get("message", ""):
        return "Numba's own error", None
    # No kernel here needs much memory: Numba asks for too much where it writes the least integer of a width.
    if status == "returned" and theirs.get("class") == "MemoryError":
        return "Numba's own error", None
    if status == "unsupported":
        refused = ": [" in (ours["why"] or "")
        return ("wrongly refused", ours["why"]) if refused else ("unsupported", ours["why"])
    if status not in ("returned", "raised"):
        return status, str(ours["why"])
    if status != other:
        seen = ours["exception"] if status == "raised" else ours["return"]
        return "exceptions", f"ours {status} {str(seen)[:200]}, theirs {other} {theirs.get('class')} {theirs.get('message')} {theirs.get('value')}"
    if status == "raised":
        mine = ours["exception"]
        words = python or mine["message"] == theirs["message"]
        if mine["class"] != theirs["class"] or not words:
            return "exceptions", f"ours {mine}, theirs {theirs['class']}: {theirs['message']}"
    arrays = np.load(where / "out" / ours["npz"]) if ours["npz"] else {}
    if status == "returned":
        why = compare.same(compare.plain(theirs["value"]) if python else theirs["value"], compare.decode(ours["return"], arrays), tolerance)
        if why:
            return "results", f"theirs and ours: {why}"
        if theirs["type"] and unliteral(ours["return_type"]) != unliteral(theirs["type"]):
            return "types", f"ours {ours['return_type']}, theirs {theirs['type']}"
    after = [compare.decode(value, arrays) for value in ours["args_after"]]
    shared = [(a, b) for a, b in zip(theirs["args"], after) if isinstance(a, np.ndarray)]
    why = next((why for why in (compare.same(a, b, tolerance) for a, b in shared) if why), None)
    return ("arguments", f"theirs and ours: {why}") if why else ("same", None)


def is_lost(kernel, ours, theirs, module, where):
    """Whether Numba loses an exception, which it does in kernels with `try` and in those with inner functions: the
    interpreter then does what we do, raises the same on the same line or ends with the same results."""
    if not any(word in kernel.source for word in ("except", "lambda", "def inner")):
        return False
    for who in ("python", "strict", "strictest"):
        seen = reference(who, module, [(kernel.name, [arg[1:] for arg in kernel.args])], where).get(kernel.name) or {}
        if does_as(seen, kernel, ours, where):
            return True
    return False


def does_as(seen, kernel, ours, where):
    if ours["status"] == "raised":
        mine = ours["exception"]
        raised = {"FloatingPointError": "ZeroDivisionError"}.get(seen.get("class"), seen.get("class"))
        return seen.get("status") == "raised" and (raised, seen["line"]) == (mine["class"], mine["line"])
    if ours["status"] != "returned" or seen.get("status") != "returned" or "except" not in kernel.source:
        return False
    return judge(ours, {**seen, "type": None}, where, 4e-15, True)[0] == "same"


def batch(options, seeds, counts):
    """Compares one module of kernels. Gives the differences."""
    with tempfile.TemporaryDirectory() as folder:
        where = pathlib.Path(folder)
        module = where / f"fuzz_{seeds[0]}.py"
        text, kernels = generate.module(seeds)
        module.write_text(text)
        mine = ours(options.jitcheck, module, kernels, where)
        differences = []
        agreed = set()
        for who in sorted(options.against.split(",")):
            chosen = [kernel for kernel in kernels if who == "numba" or kernel.plain and kernel.name not in agreed]
            theirs = reference(who, module, [(kernel.name, [arg[1:] for arg in kernel.args]) for kernel in chosen], where)
            for kernel in chosen:
                answer = mine.get(kernel.name) or {"status": "no answer", "why": "the batch ended"}
                seen = theirs.get(kernel.name) or {"status": "crashed"}
                what, why = judge(answer, seen, where, options.tolerance, who == "python")
                if who == "numba" and what in ("exceptions", "results", "arguments") and is_lost(kernel, answer, seen, module, where):
                    what, why = "lost by Numba", None
                counts[f"{who}: {what}"] += 1
                # Where Numba agrees, the interpreter meant something else: its array elements are NumPy's scalars.
                if who == "numba" and what == "same":
                    agreed.add(kernel.name)
                if why and (what != "unsupported" or options.unsupported):
                    differences.append((kernel, who, what, why))
        return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jitcheck", default=str(ROOT / "target/release/jitcheck"))
    parser.add_argument("--seed", type=int, default=0, help="the first kernel's number")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--batch", type=int, default=50, help="kernels a process")
    parser.add_argument("--against", default="numba", help="numba, python or both")
    parser.add_argument("--tolerance", type=float, default=4e-15, help="relative difference of floats that is none")
    parser.add_argument("--keep", help="a directory for the kernels that differ")
    parser.add_argument("--unsupported", action="store_true", help="report what is not compiled yet too")
    parser.add_argument("--show", action="store_true", help="print the kernels and stop")
    options = parser.parse_args()
    seeds = list(range(options.seed, options.seed + options.count))
    if options.show:
        for seed in seeds:
            kernel = generate.Kernel(seed, f"kernel_{seed}")
            print(kernel.source, *(f"# {name}: {ty} = {data}" for name, ty, data in kernel.args), sep="\n")
        return 0
    counts, failed = collections.Counter(), 0
    for start in range(0, len(seeds), options.batch):
        for kernel, who, what, why in batch(options, seeds[start : start + options.batch], counts):
            failed += 1
            shown = "\n".join(f"# {name}: {ty} = {data}" for name, ty, data in kernel.args)
            print(f"== {kernel.name} ({who}): {what}: {why}\n{kernel.source}{shown}\n", flush=True)
            if options.keep:
                os.makedirs(options.keep, exist_ok=True)
                text, _ = generate.module([kernel.seed])
                pathlib.Path(options.keep, f"{kernel.name}.py").write_text(f"{text}{shown}\n# {who}: {what}: {why}\n")
        print(f"{start + len(seeds[start:start + options.batch])}: {dict(counts)}", file=sys.stderr, flush=True)
    print(f"{sum(counts.values())} comparisons: " + ", ".join(f"{n} {what}" for what, n in sorted(counts.items())))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
