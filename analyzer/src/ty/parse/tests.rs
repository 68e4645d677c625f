//! Spellings of types, read and printed back.

use super::*;

fn read(text: &str) -> Ty {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn what_numba_prints_is_read_and_printed_back() {
    for text in [
        "bool",
        "int64",
        "uint8",
        "float32",
        "complex128",
        "float16",
        "none",
        "unicode_type",
        "undefined",
        "pyobject",
        "...",
        "array(float64, 2d, C)",
        "readonly array(int64, 1d, A)",
        "unaligned readonly array(Record(a[type=float64;offset=0],b[type=nestedarray(int32, (3,));offset=8];20;False), 1d, C)",
        "Record(The time [ns][type=int64;offset=0;title=The time [ns]],t[type=int64;offset=0;title=The time [ns]];8;True)",
        "array([unichr x 5], 1d, C)",
        "[char x 0]",
        "bytearray(uint8, 1d, C)",
        "readonly bytes(uint8, 1d, C)",
        "readonly memoryview(uint8, 1d, C)",
        "UniTuple(int64 x 2)",
        "Tuple(int64, float64)",
        "Tuple()",
        "UniTuple(Literal[int](-44) x 1)",
        "Tuple(Literal[str](a), OptionalType(int64))",
        "StarArgUniTuple(int64 x 2)",
        "StarArgTuple(int64, float64)",
        "P(int64 x 2)",
        "P(int64, array(float64, 1d, C))",
        "Triangle(Point(float64 x 2) x 3)",
        "list(int64)<iv=None>",
        "list(int64)<iv=[1, 2]>",
        "reflected list(reflected list(int64)<iv=None>)<iv=None>",
        "LiteralList((Literal[int](1), int64))",
        "LiteralList((int64,))",
        "ListType[array(float32, 1d, C)]",
        "DictType[[unichr x 3],float64]<iv=None>",
        "DictType[undefined,undefined]<iv={}>",
        "DictType[unicode_type,int64]<iv={'a': 1}>",
        "LiteralStrKey[Dict]({Literal[str](a): int64, Literal[str](b): float64})",
        "set(UniTuple(int64 x 2))",
        "reflected set(int64)",
        "SetType[int64]<iv=None>",
        "OptionalType(array(float64, 1d, C))",
        "omitted(default=None)",
        "omitted(default=1e-10)",
        "omitted(default='average')",
        "omitted(default=())",
        "omitted(default=-1)",
        "omitted(default=True)",
        "slice<a:b>",
        "slice<a:b:c>",
        "Literal[slice](slice(1, None, None))",
        "Literal[str](left)",
        "Literal[str](:))",
        "Literal[bool](False)",
        "Literal[int](9223372036854775808)",
        "range_state_int64",
        "range_iter_uint64",
        "iter(array(float64, 2d, C))",
        "enumerate(iter(list(int64)<iv=None>))",
        "zip(iter(array(int64, 1d, C)), iter_unicode)",
        "zip()",
        "ndenumerate(array(int64, 1d, C))",
        "ndindex(ndim=2)",
        "nditer(ndim=2, layout=F, inputs=(Array(int64, 2, 'F', False, aligned=True), int64))",
        "nditer(ndim=0, layout=C, inputs=(bool,))",
        "array.flat(array(int64, 0d, C))",
        "keys[DictType[int64,float64]<iv=None>]",
        "iter[ListType[int64]->int64]",
        "pair<int64, bool>",
        "class(float64)",
        "dtype(float32)",
        "typeref[ListType[int64]]",
        "datetime64[D]",
        "timedelta64[]",
        "Enum<int64>(Shape)",
        "IntEnum class<int64>(Color)",
        "ValueError",
        "ValueError(...)",
        "FunctionType[float64(int64, float64)]",
        "NumPyRandomGeneratorType",
        "Function(<class 'int'>)",
        "type(CPUDispatcher(<function make.<locals>.f>))",
        "Tuple(type(CPUDispatcher(<function make.<locals>.f at 0x7f>)), int64)",
        "int64 generator(func=<function f>, args=(none, UniTuple(int64, 2)), has_finalizer=True)",
        "jit(x)->x>0",
        "ArrayFlags(array(int64, 1d, A))",
        "PolynomialType(array(float64, 1d, C), 1)",
        "instance.jitclass.C#<x:int64,y:array(float64, 1d, A)>",
        "?",
        "array(?, ?d, ?)",
        "UniTuple(int64 x ?)",
    ] {
        assert_eq!(read(text).to_string(), text);
    }
}

#[test]
fn what_repr_prints_is_the_same_type() {
    for (repr, str) in [
        ("Array(int64, 1, 'C', False, aligned=True)", "array(int64, 1d, C)"),
        ("Array(float64, 2, 'A', True, aligned=False)", "unaligned readonly array(float64, 2d, A)"),
        ("UniTuple(int64, 2)", "UniTuple(int64 x 2)"),
        ("Tuple((int64, Array(int64, 1, 'C', False, aligned=True)))", "Tuple(int64, array(int64, 1d, C))"),
        ("Tuple(())", "Tuple()"),
        ("List(int64, True)", "reflected list(int64)<iv=None>"),
        ("ListType(int64)", "ListType[int64]"),
        ("DictType(int64, float64)", "DictType[int64,float64]<iv=None>"),
        ("UnicodeCharSeq(5)", "[unichr x 5]"),
        (
            "Record([('a', {'type': float64, 'offset': 0, 'alignment': None, 'title': None, })], 8, False)",
            "Record(a[type=float64;offset=0];8;False)",
        ),
    ] {
        assert_eq!(read(repr).to_string(), str);
        assert_eq!(crate::ty::spell::Repr(&read(str)).to_string(), repr);
    }
}

fn spelled(text: &str) -> String {
    let signature = signature(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let args: Vec<_> = signature.args.iter().map(Ty::to_string).collect();
    let ret = signature.ret.map(|ret| ret.to_string()).unwrap_or_default();
    format!("{ret}({})", args.join(", "))
}

#[test]
fn signatures_are_read_as_numba_evaluates_them() {
    for (text, expected) in [
        ("float64(float64[:], int64)", "float64(array(float64, 1d, A), int64)"),
        ("(f8[:,::1], i4)", "(array(float64, 2d, C), int32)"),
        ("void(i4[::1,:])", "none(array(int32, 2d, F))"),
        ("i8()", "int64()"),
        ("f8(Tuple((i8, f8)), UniTuple(f8, 2))", "float64(Tuple(int64, float64), UniTuple(float64 x 2))"),
        (
            "UniTuple(f8, 2)(List(i8), optional(f8))",
            "UniTuple(float64 x 2)(list(int64)<iv=None>, OptionalType(float64))",
        ),
        (
            "types.Tuple((nb.f4[:, :], numba.types.boolean))(types.unicode_type, intp,)",
            "Tuple(array(float32, 2d, A), bool)(unicode_type, int64)",
        ),
        ("f8(Array(f8, 1, 'C', readonly=True))", "float64(readonly array(float64, 1d, C))"),
        (
            "void(DictType(unicode_type, f8[::1]))",
            "none(DictType[unicode_type,array(float64, 1d, C)]<iv=None>)",
        ),
        ("f8(FunctionType(f8(f8)))", "float64(FunctionType[float64(float64)])"),
        ("f8(MyClass.class_type.instance_type)", "float64(MyClass.class_type.instance_type)"),
    ] {
        assert_eq!(spelled(text), expected);
    }
    // Python's parentheses around one type make no tuple.
    assert!(signature("(i4)").is_err());
    assert!(signature("f8(f8").is_err());
    assert!(signature("").is_err());
}

#[test]
fn argument_lists_need_no_parentheses_and_name_mistakes() {
    let list =
        |text| arguments(text).map(|args| args.iter().map(Ty::to_string).collect::<Vec<_>>().join("; "));
    assert_eq!(list("float64[:], int64").as_deref(), Ok("array(float64, 1d, A); int64"));
    assert_eq!(list("(float64[:], int64)").as_deref(), Ok("array(float64, 1d, A); int64"));
    assert_eq!(
        list("array(float64, 1d, C), Tuple(int64, float64)").as_deref(),
        Ok("array(float64, 1d, C); Tuple(int64, float64)")
    );
    assert_eq!(list(" ").as_deref(), Ok(""));
    let error = list("int64, flaot64").expect_err("no type has this name");
    assert_eq!((error.at, error.message.contains("`float64`")), (7, true));
}

#[test]
fn text_that_is_no_type_is_an_error_with_its_place() {
    assert_eq!("".parse::<Ty>().map_err(|error| error.at), Err(0));
    assert!("array(int64".parse::<Ty>().is_err());
    assert!("int64)".parse::<Ty>().is_err());
}

#[test]
fn deep_nesting_ends() {
    assert!("(".repeat(10_000).parse::<Ty>().is_err());
    let deep = format!("{}int64{}", "ListType[".repeat(500), "]".repeat(500));
    assert_eq!(read(&deep).to_string(), deep);
}

#[test]
fn a_named_tuple_that_is_a_default_has_the_types_of_its_values() {
    let ty: Ty = "omitted(default=P(a=1, b=2.5, c=(1, None)))".parse().expect("a type");
    assert_eq!(ty.to_string(), "P(int64, float64, Tuple(int64, none))");
}

#[test]
fn an_array_as_a_default_is_typed_by_its_items() {
    for (spelled, ty) in [
        ("omitted(default=array([1., 1.]))", "array(float64, 1d, C)"),
        ("omitted(default=array([[1, 0],\n       [0, 1]]))", "array(int64, 2d, C)"),
        ("omitted(default=array([1., 1.], dtype=float32))", "array(float32, 1d, C)"),
        ("omitted(default=array([], shape=(0, 2), dtype=float64))", "array(float64, 2d, C)"),
    ] {
        assert_eq!(spelled.parse::<Ty>().expect(spelled).to_string(), ty);
    }
}

#[test]
fn a_class_or_a_number_of_numpy_as_a_default_has_the_type_of_the_object() {
    for (spelled, ty) in [
        ("omitted(default=<class 'numpy.float64'>)", "class(float64)"),
        ("omitted(default=<class 'numpy.bool'>)", "class(bool)"),
        ("omitted(default=<class 'float'>)", "Function(<class 'float'>)"),
        ("omitted(default=dtype('float32'))", "dtype(float32)"),
        ("omitted(default=np.float32(3.0))", "float32"),
    ] {
        assert_eq!(spelled.parse::<Ty>().expect(spelled).to_string(), ty);
    }
}
