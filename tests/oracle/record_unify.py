"""Records how Numba converts and unifies every pair of a list of types, as tests/oracle/unify.txt.

Run with a Python that has Numba: python tests/oracle/record_unify.py > tests/oracle/unify.txt

The first part lists types by their spelling; `given` says how many of them are paired. Then there are two square
tables, a row for each first type: the conversions (= exact, p promote, s safe, u unsafe, . none), and the index of
the type that the pair unifies to, or `.`.
"""
import collections
import enum
import warnings

import numba
import numpy as np
from numba import types
from numba.core.registry import cpu_target
from numba.typed.typeddict import DictType
from numba.typed.typedlist import ListType

warnings.simplefilter("ignore")
context = cpu_target.typing_context
context.refresh()

P = collections.namedtuple("P", "x y")
Color = enum.IntEnum("Color", "RED GREEN")
Shape = enum.Enum("Shape", "ROUND SQUARE")


def array(dtype=types.float64, ndim=1, layout="C", readonly=False, aligned=True):
    return types.Array(dtype, ndim, layout, readonly=readonly, aligned=aligned)


i8, f8 = types.int64, types.float64
record = numba.from_dtype(np.dtype([("x", "f8"), ("n", "i4")], align=True))
prefix = numba.from_dtype(np.dtype([("x", "f8")], align=True))

TYPES = [
    types.boolean, types.int8, types.int16, types.int32, i8, types.uint8, types.uint16, types.uint32, types.uint64,
    types.float16, types.float32, f8, types.complex64, types.complex128,
    types.literal(0), types.literal(3), types.literal(2**63), types.literal(True), types.literal(False),
    types.literal("a"), types.literal("b"), types.unicode_type, types.none, types.ellipsis, types.undefined,
    types.Optional(i8), types.Optional(f8), types.Optional(types.int32), types.Optional(array()),
    types.Optional(types.unicode_type),
    array(), array(ndim=2), array(ndim=2, layout="F"), array(ndim=2, layout="A"), array(ndim=2, readonly=True),
    array(ndim=2, aligned=False), array(ndim=2, readonly=True, aligned=False, layout="A"), array(types.float32),
    array(i8, 2), array(types.undefined), array(types.undefined, 2), array(f8, 0), array(layout="F"),
    array(types.NPDatetime("D")), array(types.unicode_type) if False else array(types.UnicodeCharSeq(3)),
    types.Tuple(()), types.UniTuple(i8, 1), types.UniTuple(i8, 2), types.UniTuple(f8, 2), types.UniTuple(i8, 3),
    types.Tuple((i8, f8)), types.Tuple((f8, i8)), types.Tuple((types.literal(0), types.literal(3))),
    types.UniTuple(types.literal(3), 2), types.Tuple((i8, types.none)), types.Tuple((i8, types.unicode_type)),
    types.Tuple((i8, types.UniTuple(f8, 2))), types.StarArgUniTuple(i8, 2), types.StarArgTuple((i8, f8)),
    types.UniTuple(array(), 2), types.Tuple((array(), array(layout="A"))),
    types.NamedTuple((i8, f8), P), types.NamedUniTuple(i8, 2, P),
    types.List(i8), types.List(f8), types.List(i8, reflected=True), types.List(i8, initial_value=[1]),
    types.List(i8, initial_value=[1, 2]), types.List(types.undefined), types.List(types.List(i8)),
    types.List(types.unicode_type), types.List(array()),
    types.LiteralList((types.literal(1), types.literal("a"))), types.LiteralList((types.literal(2), types.literal("a"))),
    ListType(i8), ListType(f8), ListType(types.undefined),
    types.Set(i8), types.Set(f8), types.Set(i8, reflected=True), types.Set(types.undefined),
    DictType(i8, f8), DictType(i8, i8), DictType(types.unicode_type, i8, {"a": 1}),
    DictType(types.unicode_type, i8, {"b": 1}), DictType(types.undefined, types.undefined),
    types.slice2_type, types.slice3_type, types.literal(slice(0, 2)),
    types.NPDatetime("D"), types.NPDatetime("s"), types.NPTimedelta("D"),
    types.range_state64_type, types.range_state32_type, types.range_iter64_type, types.range_iter32_type,
    types.IntEnumMember(Color, i8), types.EnumMember(Shape, i8),
    record, prefix, types.NestedArray(f8, (3,)), types.NestedArray(f8, (4,)),
    types.UnicodeCharSeq(3), types.UnicodeCharSeq(5), types.CharSeq(3), types.Bytes(types.uint8, 1, "C", readonly=True),
    types.NumberClass(f8), types.NumberClass(types.float32), types.DType(f8), types.DType(i8),
]


def unified(a, b):
    try:
        return context.unify_pairs(a, b)
    except AssertionError:
        return None


def main():
    listed = {}
    for ty in TYPES:
        listed.setdefault(str(ty), len(listed))
    given = list(dict.fromkeys(TYPES))
    assert len(given) == len(listed), "two types are spelled alike"
    rows = []
    for a in given:
        row = []
        for b in given:
            ty = unified(a, b)
            row.append("." if ty is None else str(listed.setdefault(str(ty), len(listed))))
        rows.append(" ".join(row))
    kinds = {None: ".", 1: "=", 2: "p", 3: "s", 4: "u"}
    print("# Made by record_unify.py with Numba %s" % numba.__version__)
    print("given %d" % len(given))
    print("\n".join(listed))
    print("convert")
    for a in given:
        print("".join(kinds[context.can_convert(a, b)] for b in given))
    print("unify")
    print("\n".join(rows))


main()
