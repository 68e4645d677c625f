"""Asks the installed Numba about every claim of the fixtures and of the rules' pages, and says which it denies.

    $(sh tests/python.sh) tests/oracle/confirm.py [FILTER]

FILTER is a part of a file's path or of a heading. A case must have the verdict, the return type and the line that it
claims; where a `# numba:` line stands below it, that line is asked instead. A function with a line marked
`# error: [code]` must be refused, for whatever argument types if it declares none; where a block has neither cases nor
such a line, its functions must compile for some. What imports from `elsewhere` is nobody's, and is not asked about.
"""

import ast
import concurrent.futures
import importlib.util
import itertools
import linecache
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path

import numba
import numpy as np
from numba import types
from numba.core.dispatcher import Dispatcher

ROOT = Path(__file__).resolve().parents[2]
CLAIM = re.compile(r"# (case|numba): (.+?)\((.*?)\) -> (.+)$")
# What a parameter without a declared type is tried with.
TRIED = ["int64", "float64", "array(int64, 1d, C)", "array(float64, 1d, C)", "array(float64, 2d, C)", "unicode_type", "bool"]


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    files = sorted((ROOT / "tests/fixtures").rglob("*.md")) + sorted((ROOT / "analyzer/src/rules").glob("*.md"))
    asked = [block for file in files for block in blocks(file) if wanted in block["name"] and is_of_version(block)]
    cases = differ = 0
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for block, (count, wrong) in zip(asked, pool.map(confirm, asked, chunksize=8)):
            cases += count
            differ += len(wrong)
            for line, text in wrong:
                print(f"{block['name']}, line {block['line'] + line}: {text}", flush=True)
    print(f"{len(asked)} blocks, {cases} claims, {differ} denied by Numba {numba.__version__}")
    return 1 if differ else 0


def is_of_version(block):
    """A block about one older Numba can only be confirmed by that one."""
    versions = [line.split(": ")[1] for line in block["text"].splitlines() if line.startswith("# numba-version: ")]
    return all(numba.__version__.startswith(version + ".") for version in versions)


def blocks(file):
    heading, start, text = "", None, []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if start is None:
            if line.startswith("#"):
                heading = line.lstrip("# ")
            elif line == "```python":
                start, text = number, []
        elif line == "```":
            name = f"{file.relative_to(ROOT)}: {heading}"
            yield {"name": name, "line": start, "text": "\n".join(text) + "\n"}
            start = None
        else:
            text.append(line)


def claims(text):
    """The cases of a block; a `# numba:` line stands in for the case of the same types."""
    found, denied = [], []
    lines = text.splitlines()
    for index, line in enumerate(lines):
        match = CLAIM.search(line)
        if not match:
            continue
        kind, function, args, answer = match.groups()
        claim = {
            "comment": index + 1,
            "function": function,
            "args": args,
            "answer": answer.strip(),
            "line": claimed_line(lines, index, line[: match.start()]),
        }
        (denied if kind == "numba" else found).append(claim)
    corrected = {(claim["function"], claim["args"]) for claim in denied}
    return denied + [claim for claim in found if (claim["function"], claim["args"]) not in corrected]


def claimed_line(lines, comment, code):
    if code.strip():
        return comment + 1
    if not code:
        return None
    for index in range(comment + 1, len(lines)):
        if lines[index].strip() and not lines[index].lstrip().startswith("#"):
            return index + 1
    return None


def confirm(block):
    """How many claims a block makes, and what Numba denies of them: pairs of a line and a sentence."""
    text, wrong = block["text"], []
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="confirm") as folder:
        warnings.simplefilter("ignore")
        module, raised = load(text, folder)
        if raised and "No module named 'elsewhere'" in raised["message"]:
            return 0, []
        of_cases = claims(text)
        asked = set()
        for claim in of_cases:
            # What a function was compiled for before is chosen among later.
            if not raised and claim["function"] in asked:
                module, raised = load(text, folder)
            asked.add(claim["function"])
            answer = raised or ask(module, claim["function"], claim["args"])
            denied = compare(claim, answer)
            if denied:
                wrong.append((claim["comment"], f"{claim['function']}({claim['args']}): {denied}"))
        count = len(of_cases)
        named = {claim["function"] for claim in of_cases}
        functions = list(decorated(text))
        broken = any(marked for _, marked in functions)
        for function, marked in functions:
            if not marked and (broken or named):
                continue
            count += 1
            denied = compiles(module, raised, function) if not marked else refused(module, raised, function)
            if denied:
                wrong.append((marked or 1, f"{function}: {denied}"))
    return count, wrong


def load(text, folder):
    """The block as a module, or the answer that its decorators give."""
    path = os.path.join(folder, "fixture.py")
    Path(path).write_text(text)
    linecache.checkcache(path)
    spec = importlib.util.spec_from_file_location("fixture", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fixture"] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        return module, failure(error)
    return module, None


def failure(error):
    """What Numba says when it refuses: class, message and the line of the block that it blames first.

    Where a callee fails, Numba goes on to name the call, and gives that as the error's place.
    """
    message = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = re.findall(r'File "[^"]*fixture\.py", line (\d+)', message)
    lines += re.findall(r"fixture\.py \((\d+)\)", message)
    place = getattr(getattr(error, "loc", None), "line", None)
    blamed = int(lines[0]) if lines else place
    call = place if "resolving callee type" in message else None
    return {"verdict": "error", "line": blamed, "call": call, "message": f"{type(error).__name__}: {message}"}


def find(module, qualname):
    """A function by its `__qualname__`; one made by a function is found by what the module calls it."""
    for value in vars(module).values():
        function = getattr(value, "py_func", value)
        if getattr(function, "__qualname__", None) == qualname:
            return value
    raise LookupError(qualname)


def ask(module, qualname, args):
    function = find(module, qualname)
    if not isinstance(function, Dispatcher):
        function = numba.njit(function)
    try:
        asked = tuple(read(text, module) for text in split(args))
    except Unreadable as error:
        return {"verdict": "unreadable", "message": str(error)}
    try:
        if not function.overloads:
            function.compile(asked)
        found = function.overloads.get(asked) or list(function.overloads.values())[-1]
        return {"verdict": "ok", "ret": spelled(found.signature.return_type), "result": found}
    except Exception as error:
        return failure(error)


def compare(claim, answer):
    """What Numba denies of a claim, or nothing."""
    said = answer["verdict"]
    if said == "unreadable":
        return answer["message"]
    short = answer.get("message", "").strip().replace("\n", " ")[:200]
    if claim["answer"].startswith("error"):
        if said != "error":
            return f"compiles, returns {answer['ret']}"
        # Often Numba names no line. Among return statements that do not unify, it blames any.
        if claim["line"] and answer["line"] and claim["line"] not in (answer["line"], answer.get("call")) and "Can't unify return type" not in answer["message"]:
            return f"blames line {answer['line']}, not {claim['line']}: {short}"
        return None
    if said == "error":
        return f"fails: {short}"
    # The address of a function says nothing, nor does ours for a path.
    if answer["ret"] != claim["answer"]:
        return f"returns {answer['ret']}, not {claim['answer']}"
    return None


def spelled(ty):
    """A type without addresses and paths."""
    text = re.sub(r" at 0x[0-9a-f]+", "", str(ty))
    text = re.sub(r"(#)[0-9a-f]{8,}", "", text)
    return re.sub(r" from '[^']*'", "", text)


def decorated(text):
    """The jitted functions of a block, with the line in them that is marked as an error."""
    lines = text.splitlines()
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any("jit" in ast.unparse(mark) for mark in node.decorator_list):
            first = min(mark.lineno for mark in node.decorator_list)
            inside = range(first, node.end_lineno + 1)
            marked = [number for number in inside if "# error: [" in lines[number - 1]]
            yield node.name, marked[0] if marked else None


def tried(module, function):
    """What Numba answers for argument types that are declared or, if none are, made up."""
    dispatcher = find(module, function)
    if dispatcher.overloads:
        return [{"verdict": "ok"}]
    count = dispatcher.py_func.__code__.co_argcount
    choices = itertools.islice(itertools.product(TRIED, repeat=count), 40)
    return (ask(module, function, ", ".join(choice)) for choice in choices)


def compiles(module, raised, function):
    if raised:
        return f"fails: {raised['message'][:200]}"
    if any(answer["verdict"] == "ok" for answer in tried(module, function)):
        return None
    return "compiles for no argument types that were tried"


def refused(module, raised, function):
    if raised or all(answer["verdict"] == "error" for answer in tried(module, function)):
        return None
    return "is marked as an error, but compiles"


class Unreadable(Exception):
    pass


SCALARS = {name: getattr(types, name) for name in (
    "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 none unicode_type"
).split()}
SCALARS |= {
    "bool": types.boolean,
    "pyobject": types.pyobject,
    "...": types.ellipsis,
    "slice<a:b>": types.slice2_type,
    "slice<a:b:c>": types.slice3_type,
    "NumPyRandomGeneratorType": types.NumPyRandomGeneratorType("NumPyRandomGeneratorType"),
}


def split(text, separator=","):
    """The parts of a list of types; a type may have separators inside brackets."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "([{<") - (char in ")]}>")
        if char == separator and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    last = text[start:].strip()
    return parts + [last] if last else parts


def uniform(text):
    """`int64 x 3` -> the item and the count."""
    item, count = text.rsplit(" x ", 1)
    return item, int(count)


def constant(text):
    """A default as its type spells it: a literal, a class, or a scalar of NumPy."""
    found = re.fullmatch(r"<class '(?:numpy\.)?(\w+)'>", text)
    return eval(found[1] if found else text, {**vars(np), "np": np, "float": float, "int": int})


def read(text, module):
    """The Numba type that is spelled so; names of classes and functions are looked up in the module."""
    def inner(part):
        return read(part, module)

    if text in SCALARS:
        return SCALARS[text]
    for pattern, make in FORMS:
        match = re.fullmatch(pattern, text)
        if match:
            return make(match, inner, module)
    raise Unreadable(f"the type {text} cannot be read")


def named(match, inner, module):
    name, fields = match.groups()
    factory = getattr(module, name, None)
    if factory is None:
        raise Unreadable(f"{name} is not in the block")
    if re.search(r" x \d+$", fields):
        item, count = uniform(fields)
        return types.NamedUniTuple(inner(item), count, factory)
    return types.NamedTuple([inner(part) for part in split(fields)], factory)


def record(match, inner, module):
    fields, size, aligned = match.groups()
    made = []
    for name, ty, offset in re.findall(r"(\w+)\[type=(.*?);offset=(\d+)\]", fields):
        made.append((name, {"type": inner(ty), "offset": int(offset)}))
    return types.Record(made, int(size), aligned == "True")


def array(match, inner, module):
    readonly, unaligned, item, ndim, layout = match.groups()
    return types.Array(inner(item), int(ndim), layout, readonly=bool(readonly), aligned=not unaligned)


def buffer(match, inner, module):
    readonly, kind, item, ndim, layout = match.groups()
    made = {"bytes": types.Bytes, "bytearray": types.ByteArray, "memoryview": types.MemoryView}[kind]
    return made(inner(item), int(ndim), layout, readonly=bool(readonly))


def tuple_of(match, inner, module):
    return types.Tuple([inner(part) for part in split(match[1])])


def uniform_tuple(match, inner, module):
    item, count = uniform(match[1])
    return types.UniTuple(inner(item), count)


def enum(match, inner, module):
    kind, number, name = match.groups()
    member = types.IntEnumMember if kind == "IntEnum" else types.EnumMember
    return member(getattr(module, name), inner(number))


FORMS = [
    (r"(readonly )?(unaligned )?array\((.*), (\d+)d, ([CFA])\)", array),
    (r"(readonly )?(bytes|bytearray|memoryview)\((.*), (\d+)d, ([CFA])\)", buffer),
    (r"UniTuple\((.*)\)", uniform_tuple),
    (r"Tuple\((.*)\)", tuple_of),
    (r"(reflected )?list\((.*)\)<iv=(.*)>",
     lambda m, inner, _: types.List(inner(m[2]), reflected=bool(m[1]), initial_value=ast.literal_eval(m[3]))),
    (r"(reflected )?set\((.*)\)", lambda m, inner, _: types.Set(inner(m[2]), reflected=bool(m[1]))),
    (r"ListType\[(.*)\]", lambda m, inner, _: types.ListType(inner(m[1]))),
    (r"DictType\[(.*)\](?:<iv=None>)?", lambda m, inner, _: types.DictType(*map(inner, split(m[1])))),
    (r"OptionalType\((.*)\)", lambda m, inner, _: types.Optional(inner(m[1]))),
    (r"Literal\[(?:int|bool)\]\((.*)\)", lambda m, inner, _: types.literal(ast.literal_eval(m[1]))),
    (r"Literal\[str\]\((.*)\)", lambda m, inner, _: types.literal(m[1])),
    (r"omitted\(default=(.*)\)", lambda m, inner, _: types.Omitted(constant(m[1]))),
    (r"class\((.*)\)", lambda m, inner, _: types.NumberClass(inner(m[1]))),
    (r"dtype\((.*)\)", lambda m, inner, _: types.DType(inner(m[1]))),
    (r"\[char x (\d+)\]", lambda m, inner, _: types.CharSeq(int(m[1]))),
    (r"\[unichr x (\d+)\]", lambda m, inner, _: types.UnicodeCharSeq(int(m[1]))),
    (r"datetime64\[(\w*)\]", lambda m, inner, _: types.NPDatetime(m[1])),
    (r"timedelta64\[(\w*)\]", lambda m, inner, _: types.NPTimedelta(m[1])),
    (r"type\(CPUDispatcher\(<function (\w+)>\)\)", lambda m, inner, module: numba.typeof(getattr(module, m[1]))),
    (r"(IntEnum|Enum)<(\w+)>\((\w+)\)", enum),
    (r"Record\((.*);(\d+);(True|False)\)", record),
    (r"(\w+)\((.*)\)", named),
]


if __name__ == "__main__":
    sys.exit(main())
