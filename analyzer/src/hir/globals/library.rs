//! The library as the evaluator sees it: modules, names, and calls whose results are constants or types.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::super::Signature;
use super::super::decorator;
use super::eval::{Args, Eval, SeqKind, V, constant, unknown, value};
use super::lookup::Module;
use super::{Global, classes, dtype, extension};
use crate::table::names;
use crate::ty::parse::{self, construct};
use crate::ty::{Const, FloatTy, IntTy, Name, Ty};

/// The library's packages and the modules of Python that kernels meet. Everything else is looked up as a file.
const ROOTS: &[&str] = &[
    "abc",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "atexit",
    "base64",
    "bisect",
    "builtins",
    "cmath",
    "collections",
    "concurrent",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "gc",
    "gzip",
    "hashlib",
    "heapq",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "json",
    "logging",
    "math",
    "multiprocessing",
    "numba",
    "numbers",
    "numpy",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "pprint",
    "queue",
    "random",
    "re",
    "shutil",
    "signal",
    "socket",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "traceback",
    "types",
    "typing",
    "typing_extensions",
    "uuid",
    "warnings",
    "weakref",
];

/// Modules inside the library that are reached as attributes.
const SUBMODULES: &[&str] = &[
    "collections.abc",
    "concurrent.futures",
    "importlib.util",
    "numba.config",
    "numba.core",
    "numba.core.config",
    "numba.core.decorators",
    "numba.core.errors",
    "numba.core.extending",
    "numba.core.typing",
    "numba.cpython",
    "numba.cpython.unsafe",
    "numba.cpython.unsafe.tuple",
    "numba.cuda",
    "numba.errors",
    "numba.experimental",
    "numba.extending",
    "numba.misc",
    "numba.misc.special",
    "numba.np",
    "numba.np.extensions",
    "numba.np.numpy_support",
    "numba.np.ufunc",
    "numba.np.unsafe",
    "numba.np.unsafe.ndarray",
    "numba.pycc",
    "numba.stencils",
    "numba.stencils.stencil",
    "numba.typed",
    "numba.typed.typeddict",
    "numba.typed.typedlist",
    "numba.types",
    "numpy.char",
    "numpy.core",
    "numpy.ctypeslib",
    "numpy.dtypes",
    "numpy.exceptions",
    "numpy.fft",
    "numpy.lib",
    "numpy.lib.stride_tricks",
    "numpy.linalg",
    "numpy.ma",
    "numpy.polynomial",
    "numpy.polynomial.polynomial",
    "numpy.random",
    "numpy.rec",
    "numpy.testing",
    "numpy.typing",
    "os.path",
];

/// The real name of a path: what is exported under several names has one.
fn canonical(path: &str) -> Name {
    const MOVED: &[(&str, &str)] = &[
        ("numba.core.types.abstract", "numba.types"),
        ("numba.core.types.containers", "numba.types"),
        ("numba.core.types.functions", "numba.types"),
        ("numba.core.types.misc", "numba.types"),
        ("numba.core.types.npytypes", "numba.types"),
        ("numba.core.types.scalars", "numba.types"),
        ("numba.core.types", "numba.types"),
        ("numba.core.decorators", "numba"),
        ("numba.core.extending", "numba.extending"),
        ("numba.core.errors", "numba.errors"),
        ("numba.core.config", "numba.config"),
        ("numba.np.ufunc", "numba"),
        ("numba.misc.special", "numba"),
        ("numba.stencils.stencil", "numba"),
        ("numba.typed.typedlist", "numba.typed"),
        ("numba.typed.typeddict", "numba.typed"),
        ("numpy.core", "numpy"),
        ("numpy._core", "numpy"),
        ("typing_extensions", "typing"),
    ];
    for (from, to) in MOVED {
        if let Some(rest) = path.strip_prefix(from)
            && rest.starts_with('.')
        {
            return format!("{to}{rest}").into();
        }
    }
    match path {
        "numba.core.types" => "numba.types".into(),
        "numba.jitclass" => "numba.experimental.jitclass".into(),
        "numba.typing.typeof.typeof" | "numba.core.typing.typeof" => "numba.typeof".into(),
        path => path.into(),
    }
}

/// A module of the library by an absolute import.
pub(super) fn module(dotted: &str) -> Option<Name> {
    let root = dotted.split('.').next().unwrap_or(dotted);
    if !ROOTS.contains(&root) {
        return None;
    }
    Some(canonical(dotted))
}

fn is_module(path: &str) -> bool {
    ROOTS.contains(&path) || SUBMODULES.contains(&path)
}

/// Whether Numba's package exports this name, for star imports.
pub(super) fn is_numba_name(module: &str, name: &str) -> bool {
    let path = format!("{module}.{name}");
    (module == "numba" || module == "numba.types")
        && (parse::scalar(name).is_some()
            || decorator::named(&path).is_some()
            || matches!(
                name,
                "prange" | "typeof" | "objmode" | "types" | "typed" | "optional" | "from_dtype"
            ))
        || module == "numba.types" && construct::CLASSES.contains(&name)
}

/// A builtin name.
pub(super) fn builtin<'db>(name: &str) -> Option<V<'db>> {
    const FUNCTIONS: &[&str] = &[
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "breakpoint",
        "bytearray",
        "bytes",
        "callable",
        "chr",
        "classmethod",
        "compile",
        "complex",
        "copyright",
        "credits",
        "delattr",
        "dict",
        "dir",
        "divmod",
        "enumerate",
        "eval",
        "exec",
        "exit",
        "filter",
        "float",
        "format",
        "frozenset",
        "getattr",
        "globals",
        "hasattr",
        "hash",
        "help",
        "hex",
        "id",
        "input",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "license",
        "list",
        "locals",
        "map",
        "max",
        "memoryview",
        "min",
        "next",
        "object",
        "oct",
        "open",
        "ord",
        "pow",
        "print",
        "property",
        "quit",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "setattr",
        "slice",
        "sorted",
        "staticmethod",
        "str",
        "sum",
        "super",
        "tuple",
        "type",
        "vars",
        "zip",
        "__import__",
        "__build_class__",
    ];
    const EXCEPTIONS: &[&str] = &[
        "ArithmeticError",
        "AssertionError",
        "AttributeError",
        "BaseException",
        "BaseExceptionGroup",
        "BlockingIOError",
        "BrokenPipeError",
        "BufferError",
        "BytesWarning",
        "ChildProcessError",
        "ConnectionAbortedError",
        "ConnectionError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "DeprecationWarning",
        "EOFError",
        "EncodingWarning",
        "EnvironmentError",
        "Exception",
        "ExceptionGroup",
        "FileExistsError",
        "FileNotFoundError",
        "FloatingPointError",
        "FutureWarning",
        "GeneratorExit",
        "IOError",
        "ImportError",
        "ImportWarning",
        "IndentationError",
        "IndexError",
        "InterruptedError",
        "IsADirectoryError",
        "KeyError",
        "KeyboardInterrupt",
        "LookupError",
        "MemoryError",
        "ModuleNotFoundError",
        "NameError",
        "NotADirectoryError",
        "NotImplementedError",
        "OSError",
        "OverflowError",
        "PendingDeprecationWarning",
        "PermissionError",
        "ProcessLookupError",
        "RecursionError",
        "ReferenceError",
        "ResourceWarning",
        "RuntimeError",
        "RuntimeWarning",
        "StopAsyncIteration",
        "StopIteration",
        "SyntaxError",
        "SyntaxWarning",
        "SystemError",
        "SystemExit",
        "TabError",
        "TimeoutError",
        "TypeError",
        "UnboundLocalError",
        "UnicodeDecodeError",
        "UnicodeEncodeError",
        "UnicodeError",
        "UnicodeTranslateError",
        "UnicodeWarning",
        "UserWarning",
        "ValueError",
        "Warning",
        "ZeroDivisionError",
    ];
    if FUNCTIONS.contains(&name) {
        return Some(value(Ty::Function(format!("builtins.{name}").into())));
    }
    if EXCEPTIONS.contains(&name) {
        let class = if matches!(name, "IOError" | "EnvironmentError") { "OSError" } else { name };
        return Some(value(Ty::ExceptionClass(class.into())));
    }
    match name {
        "NotImplemented" => Some(V::Global(Global::Instance("NotImplementedType".into()))),
        "Ellipsis" => Some(constant(Const::Ellipsis)),
        "__debug__" => Some(constant(Const::Bool(true))),
        _ => None,
    }
}

/// A name in a module of the library.
pub(super) fn member<'db>(module: &str, name: &str) -> V<'db> {
    if module == "builtins" {
        return builtin(name).unwrap_or(V::Global(Global::Undefined));
    }
    let path = canonical(&format!("{module}.{name}"));
    if is_module(&path) {
        return V::Module(Module::Library(path));
    }
    if matches!(module, "numba" | "numba.types")
        && let Some(ty) = parse::scalar(name).or_else(|| names::scalar_type(&path))
    {
        return V::Type(ty);
    }
    if let Some(jit) = decorator::named(&path) {
        return V::Jit(Rc::new(jit));
    }
    if let Some(known) = names::constant(&path) {
        return match (module, &known) {
            // NumPy's own constants are Python floats; its booleans are scalars, which type as `bool` all the same.
            ("numpy", Const::Bool(_)) => V::Global(Global::Scalar(Ty::Bool, known)),
            _ => constant(known),
        };
    }
    if let Some(ty) = names::scalar_type(&path) {
        return match ty {
            Ty::UnicodeChars(_) | Ty::Chars(_) | Ty::PyObject => value(Ty::Function(path)),
            ty => value(Ty::NumberClass(Arc::new(ty))),
        };
    }
    if &*path == "numba.config.DISABLE_JIT" {
        return constant(Const::Int(0));
    }
    if &*path == "numba.config.NUMBA_NUM_THREADS" {
        return value(Ty::INT64);
    }
    if &*path == "sys.maxsize" {
        return constant(Const::Int(i128::from(i64::MAX)));
    }
    let last = path.rsplit('.').next().unwrap_or(name);
    if last.len() > 5 && (last.ends_with("Error") || last.ends_with("Warning")) {
        return value(Ty::ExceptionClass(path));
    }
    if names::exists(&path) == Some(false) && !is_numba_name(module, name) {
        return V::Global(Global::Undefined);
    }
    value(Ty::Function(path))
}

/// An attribute of a value of the library.
pub(super) fn value_attribute<'db>(ty: &Ty, attr: &str) -> V<'db> {
    match (ty, attr) {
        (Ty::JitClass(class), "class_type") => V::Type(Ty::JitClass(class.clone())),
        (Ty::EnumClass { class, base, int }, _) if !attr.starts_with('_') => {
            value(Ty::EnumMember { class: class.clone(), base: base.clone(), int: *int })
        }
        (Ty::Array(array), "dtype") => value(Ty::DType(Arc::new(array.elem.clone()))),
        (Ty::Array(array), "ndim") => match array.ndim {
            Some(ndim) => constant(Const::Int(i128::from(ndim))),
            None => unknown("an attribute"),
        },
        (Ty::Array(array), "T") => {
            let mut array = (**array).clone();
            array.layout = dtype::transposed(array.ndim, array.layout);
            value(Ty::Array(Arc::new(array)))
        }
        (Ty::Opaque(name), _) => limits(name, attr),
        (Ty::Function(path), _)
            if path.starts_with("numba.typed.")
                || path.starts_with("itertools.")
                || &**path == "os.environ" =>
        {
            value(Ty::Function(format!("{path}.{attr}").into()))
        }
        (Ty::Module(path), _) => member(path, attr),
        _ => unknown("an attribute"),
    }
}

/// `np.iinfo(np.int32).max`, `np.finfo(np.float64).eps`
fn limits<'db>(info: &str, attr: &str) -> V<'db> {
    let of = |class: &str| info.strip_prefix(class)?.strip_suffix(')')?.parse::<Ty>().ok();
    if let Some(Ty::Int(int)) = of("iinfo(") {
        let bits = int.bits();
        let (min, max) = match int.signed() {
            true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            false => (0, (1i128 << bits) - 1),
        };
        return match attr {
            "min" => constant(Const::Int(min)),
            "max" => constant(Const::Int(max)),
            "bits" => constant(Const::Int(i128::from(bits))),
            _ => unknown("an attribute"),
        };
    }
    let Some(Ty::Float(float)) = of("finfo(") else { return unknown("an attribute") };
    let number = match (float, attr) {
        (FloatTy::F64, "eps" | "resolution") => {
            if attr == "eps" {
                f64::EPSILON
            } else {
                1e-15
            }
        }
        (FloatTy::F64, "max") => f64::MAX,
        (FloatTy::F64, "min") => f64::MIN,
        (FloatTy::F64, "tiny" | "smallest_normal") => f64::MIN_POSITIVE,
        (FloatTy::F32, "resolution") => f64::from(1e-6f32),
        (FloatTy::F32, "eps") => f64::from(f32::EPSILON),
        (FloatTy::F32, "max") => f64::from(f32::MAX),
        (FloatTy::F32, "min") => f64::from(f32::MIN),
        (FloatTy::F32, "tiny" | "smallest_normal") => f64::from(f32::MIN_POSITIVE),
        _ => return unknown("an attribute"),
    };
    V::Global(Global::Scalar(Ty::Float(float), Const::float(number)))
}

/// A call of a type object: `float64(int64)` is a signature, `float64(1)` a cast.
pub(super) fn call_type<'db>(eval: &Eval<'db>, ty: &Ty, args: &Args<'db>) -> V<'db> {
    if args.open {
        return unknown("the arguments of a call");
    }
    let types: Option<Vec<Ty>> = args.positional.iter().map(|arg| as_type(eval, arg)).collect();
    if let Some(types) = types {
        return V::Signature(Rc::new(Signature { args: types, ret: Some(ty.clone()) }));
    }
    call_value(eval, &Ty::NumberClass(Arc::new(ty.clone())), args)
}

/// A type object, or what stands for one in a signature.
pub(in crate::hir) fn as_type<'db>(eval: &Eval<'db>, arg: &V<'db>) -> Option<Ty> {
    match arg {
        V::Type(ty) => Some(ty.clone()),
        V::Global(Global::Const(Const::None)) => Some(Ty::None),
        V::Signature(signature) => {
            let ret = signature.ret.clone()?;
            Some(Ty::FunctionType(Arc::new((ret, signature.args.clone()))))
        }
        // An unknown part of a signature does not make the others unknown.
        V::Unknown(why) => Some(Ty::Hole(why.clone())),
        V::Class(_) => match eval.finish(arg) {
            Global::Value(ty @ Ty::JitClass(_)) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// A call of a value that has a type: scalar classes make scalars, classes of named tuples make tuples.
pub(super) fn call_value<'db>(eval: &Eval<'db>, callee: &Ty, args: &Args<'db>) -> V<'db> {
    match callee {
        Ty::NumberClass(ty) => match args.positional.first() {
            None => unknown("a scalar"),
            Some(arg) => match eval.finish(arg) {
                Global::Const(scalar) | Global::Scalar(_, scalar) => match cast(ty, &scalar) {
                    Some(scalar) => V::Global(Global::Scalar((**ty).clone(), scalar)),
                    None => unknown("a scalar"),
                },
                Global::Value(Ty::Float(_) | Ty::Int(_) | Ty::Bool) => value((**ty).clone()),
                _ => unknown("a scalar"),
            },
        },
        Ty::NamedTupleClass(class) => classes::named_tuple(eval, class, args),
        Ty::JitClass(_) => V::Global(Global::Instance("jitclass".into())),
        _ => unknown("a call"),
    }
}

/// A constant as a scalar of this type holds it.
fn cast(ty: &Ty, scalar: &Const) -> Option<Const> {
    let float = |value: &Const| match value {
        Const::Int(int) => Some(*int as f64),
        Const::Bool(value) => Some(f64::from(u8::from(*value))),
        Const::Float(bits) => Some(f64::from_bits(*bits)),
        _ => None,
    };
    Some(match (ty, scalar) {
        (Ty::Bool, value) => Const::Bool(value.truth()),
        (Ty::Int(int), value) => {
            let number = match value {
                Const::Int(number) => *number,
                Const::Bool(value) => i128::from(*value),
                Const::Float(bits) if f64::from_bits(*bits).is_finite() => f64::from_bits(*bits) as i128,
                _ => return None,
            };
            Const::Int(wrap(*int, number))
        }
        (Ty::Float(FloatTy::F64), value) => Const::float(float(value)?),
        (Ty::Float(FloatTy::F32), value) => Const::float(f64::from(float(value)? as f32)),
        (Ty::Complex(_), Const::Complex(..)) => scalar.clone(),
        (Ty::Complex(_), value) => Const::Complex(float(value)?.to_bits(), 0f64.to_bits()),
        _ => return None,
    })
}

fn wrap(int: IntTy, value: i128) -> i128 {
    let modulus = 1i128 << int.bits();
    let value = value.rem_euclid(modulus);
    if int.signed() && value >= modulus / 2 { value - modulus } else { value }
}

/// A call of a function of the library.
pub(super) fn call<'db>(eval: &Eval<'db>, path: &str, args: Args<'db>) -> V<'db> {
    if let Some(class) = path.strip_prefix("numba.types.") {
        return construct_type(eval, class, &args);
    }
    match path {
        "functools.partial" => return eval.partial(args),
        "functools.wraps" => return V::Identity,
        // A cache in front of a function returns what the function does.
        "functools.lru_cache" | "functools.cache" => {
            return match args.positional.into_iter().next() {
                Some(function @ (V::Function(_) | V::Jitted(..) | V::Lambda(_))) => function,
                _ => V::Identity,
            };
        }
        "builtins.staticmethod"
        | "builtins.classmethod"
        | "typing.no_type_check"
        | "typing.final"
        | "functools.update_wrapper" => {
            return args.positional.into_iter().next().unwrap_or_else(|| unknown("a call"));
        }
        "typing.cast" => return args.positional.into_iter().nth(1).unwrap_or_else(|| unknown("a call")),
        "collections.namedtuple" | "typing.NamedTuple" => return classes::namedtuple_call(eval, &args),
        // A variable of the environment is hardly ever set: what counts is the fallback.
        "os.environ.get" | "os.getenv" => {
            return args.get(1, "default").cloned().unwrap_or_else(|| constant(Const::None));
        }
        "numba.optional" => return construct_type(eval, "optional", &args),
        "numba.from_dtype" | "numba.np.numpy_support.from_dtype" => {
            return args
                .positional
                .first()
                .and_then(|arg| dtype::of_value(eval, arg))
                .map_or_else(|| unknown("a dtype"), V::Type);
        }
        "numba.typeof" => {
            let ty = args.positional.first().and_then(|arg| eval.finish(arg).ty());
            return match ty {
                Some(ty) if !ty.has_hole() => V::Type(mutable(ty.unliteral())),
                _ => unknown("the type of a value"),
            };
        }
        "numba.typed.List" | "numba.typed.List.empty_list" => {
            let elem = args.positional.first().and_then(|arg| as_type(eval, arg));
            let elem = Arc::new(elem.unwrap_or(Ty::Hole(crate::ty::Why::NotModelled("the items of a list"))));
            return V::Global(Global::Container(Ty::TypedList(elem)));
        }
        "numba.typed.Dict" | "numba.typed.Dict.empty" => {
            let ty = |at: usize, name: &str| {
                let ty = args.get(at, name).and_then(|arg| as_type(eval, arg));
                Arc::new(ty.unwrap_or(Ty::Hole(crate::ty::Why::NotModelled("the items of a dict"))))
            };
            let dict = Ty::Dict { key: ty(0, "key_type"), value: ty(1, "value_type"), iv: None };
            return V::Global(Global::Container(dict));
        }
        _ => {}
    }
    if let Some(name) = path.strip_prefix("builtins.") {
        return call_builtin(eval, name, &args);
    }
    if let Some(name) = path.strip_prefix("math.") {
        return math(name, &args, false);
    }
    if path.starts_with("numpy.") {
        return dtype::call(eval, path, &args);
    }
    unknown("a call")
}

/// An array that is made in Python is writeable, whatever it is as a global.
fn mutable(ty: Ty) -> Ty {
    match ty {
        Ty::Array(array) if array.readonly => {
            let mut array = (*array).clone();
            array.readonly = false;
            Ty::Array(Arc::new(array))
        }
        ty => ty,
    }
}

fn construct_type<'db>(eval: &Eval<'db>, class: &str, args: &Args<'db>) -> V<'db> {
    if class == "CPointer"
        && let Some(ty) = args.positional.first().and_then(|arg| as_type(eval, arg))
    {
        return V::Type(Ty::Opaque(format!("{ty}*").into()));
    }
    if class == "DictType"
        || class == "ListType"
        || construct::CLASSES.contains(&class)
        || class == "UniTuple"
    {
        let positional: Option<Vec<parse::Value>> =
            args.positional.iter().map(|arg| parse_value(eval, arg)).collect();
        let keywords: Option<Vec<(&str, parse::Value)>> =
            args.keywords.iter().map(|(name, arg)| Some((&**name, parse_value(eval, arg)?))).collect();
        if let (Some(positional), Some(keywords), false) = (positional, keywords, args.open)
            && let Some(ty) = construct::construct(class, &positional, &keywords)
        {
            return V::Type(ty);
        }
    }
    unknown("a type")
}

fn parse_value<'db>(eval: &Eval<'db>, arg: &V<'db>) -> Option<parse::Value> {
    Some(match arg {
        V::Signature(signature) => parse::Value::Signature((**signature).clone()),
        V::Seq(kind, items) => {
            let items =
                items.borrow().iter().map(|item| parse_value(eval, item)).collect::<Option<Vec<_>>>()?;
            match kind {
                SeqKind::Tuple => parse::Value::Tuple(items),
                _ => parse::Value::List(items),
            }
        }
        V::Global(Global::Const(value)) => parse::Value::Const(value.clone()),
        V::Class(class) => match eval.finish(arg) {
            Global::Value(Ty::NamedTupleClass(_)) => parse::Value::Ty(Ty::Opaque(class.qualname.clone())),
            _ => parse::Value::Ty(as_type(eval, arg)?),
        },
        V::Global(Global::Value(Ty::NamedTupleClass(class))) => {
            parse::Value::Ty(Ty::Opaque(class.name.clone()))
        }
        arg => parse::Value::Ty(as_type(eval, arg)?),
    })
}

fn call_builtin<'db>(eval: &Eval<'db>, name: &str, args: &Args<'db>) -> V<'db> {
    if args.open {
        return unknown("the arguments of a call");
    }
    let first = args.positional.first();
    let list = |kind: SeqKind, items: Vec<V<'db>>| V::Seq(kind, Rc::new(RefCell::new(items)));
    match (name, first) {
        ("tuple", None) => list(SeqKind::Tuple, Vec::new()),
        ("list", None) => list(SeqKind::List, Vec::new()),
        ("set" | "frozenset", None) => list(SeqKind::Set, Vec::new()),
        ("tuple" | "list" | "set" | "sorted" | "frozenset", Some(items)) => match items.items() {
            Some(items) if name == "tuple" => list(SeqKind::Tuple, items),
            Some(items) if name == "list" => list(SeqKind::List, items),
            Some(items) if name == "set" => list(SeqKind::Set, items),
            _ => unknown("a sequence"),
        },
        ("dict", _) => {
            let mut items = match first {
                None => Vec::new(),
                Some(V::Dict(items)) => items.borrow().clone(),
                Some(_) => return unknown("a dict"),
            };
            items.extend(
                args.keywords.iter().map(|(name, arg)| (constant(Const::Str(name.clone())), arg.clone())),
            );
            V::Dict(Rc::new(RefCell::new(items)))
        }
        ("len", Some(items)) => match (items.items(), items.as_str()) {
            (Some(items), _) => constant(Const::Int(i128::try_from(items.len()).unwrap_or(0))),
            (None, Some(text)) => constant(Const::Int(i128::try_from(text.chars().count()).unwrap_or(0))),
            _ => unknown("a length"),
        },
        ("range", Some(_)) => range(args),
        ("enumerate", Some(items)) => match items.items() {
            Some(items) => {
                let pairs = items
                    .into_iter()
                    .zip(0i128..)
                    .map(|(item, at)| Eval::tuple(vec![constant(Const::Int(at)), item]));
                list(SeqKind::List, pairs.collect())
            }
            None => unknown("a sequence"),
        },
        ("zip", Some(_)) => {
            let columns: Option<Vec<Vec<V<'db>>>> = args.positional.iter().map(V::items).collect();
            let Some(columns) = columns else { return unknown("a sequence") };
            let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
            let row = |at: usize| Eval::tuple(columns.iter().map(|column| column[at].clone()).collect());
            list(SeqKind::List, (0..rows).map(row).collect())
        }
        ("isinstance", Some(object)) => is_instance(object, args.positional.get(1)),
        ("callable", Some(V::Function(_) | V::Jitted(..) | V::Class(_) | V::Jit(_))) => {
            constant(Const::Bool(true))
        }
        ("type", Some(_)) => match args.positional.get(2) {
            Some(V::Dict(members)) => made_class(eval, &members.borrow()),
            _ => unknown("a class made by a call"),
        },
        ("property" | "super" | "open", _) => unknown("a call"),
        (_, Some(_)) => numbers(eval, name, args),
        _ => unknown("a call"),
    }
}

/// `type(name, bases, members)`: of interest are the classes whose instances stand for compiled code, which tell its
/// address and signature.
fn made_class<'db>(eval: &Eval<'db>, members: &[(V<'db>, V<'db>)]) -> V<'db> {
    let member = |wanted: &str| {
        let found =
            members.iter().rev().find(|(name, _)| name.as_str().is_some_and(|name| &**name == wanted));
        found.map(|(_, member)| member)
    };
    match (member("__wrapper_address__"), member("signature")) {
        (Some(_), Some(signature)) => {
            match eval.call(signature, Args::of(vec![unknown("an instance of a class")])) {
                signature @ V::Signature(_) => V::Method(Rc::new(signature), INSTANCE.into()),
                _ => unknown("a signature"),
            }
        }
        _ => unknown("a class made by a call"),
    }
}

/// The "method" of a signature that makes a function of it.
pub(super) const INSTANCE: &str = "<instance>";

fn range<'db>(args: &Args<'db>) -> V<'db> {
    let int = |at: usize| match args.positional.get(at).and_then(V::as_const) {
        Some(Const::Int(int)) => Some(*int),
        _ => None,
    };
    let (start, stop, step) = match args.positional.len() {
        1 => (Some(0), int(0), Some(1)),
        2 => (int(0), int(1), Some(1)),
        _ => (int(0), int(1), int(2)),
    };
    match (start, stop, step) {
        (Some(start), Some(stop), Some(step)) if step > 0 && (stop - start) / step <= 4096 => {
            let items = (0..).map(|at| start + at * step).take_while(|at| *at < stop);
            V::Seq(SeqKind::List, Rc::new(RefCell::new(items.map(|at| constant(Const::Int(at))).collect())))
        }
        _ => unknown("a range"),
    }
}

fn is_instance<'db>(object: &V<'db>, class: Option<&V<'db>>) -> V<'db> {
    if let Some(V::Seq(SeqKind::Tuple, classes)) = class {
        let answers: Vec<Option<bool>> =
            classes.borrow().iter().map(|class| is_instance(object, Some(class)).truth()).collect();
        return match (answers.contains(&Some(true)), answers.contains(&None)) {
            (true, _) => constant(Const::Bool(true)),
            (false, false) => constant(Const::Bool(false)),
            (false, true) => unknown("a class"),
        };
    }
    let class = match class {
        Some(V::Global(Global::Value(Ty::Function(path)))) => {
            if let Some(class) = path.strip_prefix("numba.types.") {
                let answer = match object {
                    V::Type(ty) => extension::is_instance(ty, class),
                    V::Global(Global::Const(_)) => Some(false),
                    _ => None,
                };
                return answer.map_or_else(|| unknown("a class"), |answer| constant(Const::Bool(answer)));
            }
            path.strip_prefix("builtins.")
        }
        _ => None,
    };
    let Some(class) = class else { return unknown("a class") };
    let own = match object {
        V::Global(Global::Const(value)) => match value {
            Const::Bool(_) => "bool",
            Const::Int(_) => "int",
            Const::Float(_) => "float",
            Const::Str(_) => "str",
            Const::Tuple(_) => "tuple",
            _ => return unknown("a class"),
        },
        V::Seq(SeqKind::Tuple, _) => "tuple",
        V::Seq(SeqKind::List, _) => "list",
        V::Seq(SeqKind::Set, _) => "set",
        V::Dict(_) => "dict",
        V::Function(_) | V::Jitted(..) | V::Type(_) | V::Signature(_) => "object",
        _ => return unknown("a class"),
    };
    constant(Const::Bool(own == class || class == "object" || own == "bool" && class == "int"))
}

/// `int`, `float`, `abs`, `min` ... of constants.
fn numbers<'db>(eval: &Eval<'db>, name: &str, args: &Args<'db>) -> V<'db> {
    let mut items: Vec<Const> = Vec::new();
    let given = match &args.positional[..] {
        [only] if matches!(name, "min" | "max" | "sum") => only.items(),
        given => Some(given.to_vec()),
    };
    for item in given.into_iter().flatten() {
        match eval.finish(&item) {
            Global::Const(item) => items.push(item),
            Global::Scalar(_, item) if matches!(name, "int" | "float" | "bool" | "str") => items.push(item),
            Global::Value(Ty::Float(_)) if name == "float" => return value(Ty::FLOAT64),
            _ => return unknown("a call"),
        }
    }
    let float = |item: &Const| match item {
        Const::Int(int) => Some(*int as f64),
        Const::Float(bits) => Some(f64::from_bits(*bits)),
        Const::Bool(value) => Some(f64::from(u8::from(*value))),
        _ => None,
    };
    let result = match (name, &items[..]) {
        ("float", [Const::Str(text)]) => match text.trim().to_lowercase().as_str() {
            "inf" | "+inf" | "infinity" => Some(Const::float(f64::INFINITY)),
            "-inf" | "-infinity" => Some(Const::float(f64::NEG_INFINITY)),
            "nan" => Some(Const::float(f64::NAN)),
            text => text.parse().ok().map(Const::float),
        },
        ("float", [item]) => float(item).map(Const::float),
        ("int", [Const::Str(text)]) => text.trim().parse().ok().map(Const::Int),
        ("int", [Const::Float(bits)]) if f64::from_bits(*bits).is_finite() => {
            Some(Const::Int(f64::from_bits(*bits) as i128))
        }
        ("int", [Const::Int(int)]) => Some(Const::Int(*int)),
        ("int", [Const::Bool(value)]) => Some(Const::Int(i128::from(*value))),
        ("bool", [item]) => Some(Const::Bool(item.truth())),
        ("abs", [Const::Int(int)]) => int.checked_abs().map(Const::Int),
        ("abs", [Const::Float(bits)]) => Some(Const::float(f64::from_bits(*bits).abs())),
        ("str", [Const::Int(int)]) => Some(Const::Str(int.to_string().into())),
        ("str", [Const::Str(text)]) => Some(Const::Str(text.clone())),
        ("complex", [re, im]) => {
            float(re).zip(float(im)).map(|(re, im)| Const::Complex(re.to_bits(), im.to_bits()))
        }
        ("round", [Const::Float(bits)]) if f64::from_bits(*bits).is_finite() => {
            Some(Const::Int(f64::from_bits(*bits).round_ties_even() as i128))
        }
        ("ord", [Const::Str(text)]) => text.chars().next().map(|c| Const::Int(i128::from(u32::from(c)))),
        ("min" | "max", [first, rest @ ..]) => rest.iter().try_fold(first.clone(), |best, item| {
            let (a, b) = (float(&best)?, float(item)?);
            Some(if (name == "min" && b < a) || (name == "max" && b > a) { item.clone() } else { best })
        }),
        ("pow", [a, b]) => {
            return super::arith::binary(
                ruff_python_ast::Operator::Pow,
                &constant(a.clone()),
                &constant(b.clone()),
            );
        }
        _ => None,
    };
    result.map_or_else(|| unknown("a call"), constant)
}

/// A function of `math`, or the NumPy one of the same name, of constants.
pub(super) fn math<'db>(name: &str, args: &Args<'db>, numpy: bool) -> V<'db> {
    let mut numbers = Vec::new();
    for arg in &args.positional {
        match arg {
            V::Global(Global::Const(Const::Int(int))) => numbers.push(*int as f64),
            V::Global(
                Global::Const(Const::Float(bits)) | Global::Scalar(Ty::FLOAT64, Const::Float(bits)),
            ) => {
                numbers.push(f64::from_bits(*bits));
            }
            V::Global(Global::Value(Ty::FLOAT64)) => numbers.push(f64::NAN),
            V::Unknown(why) => return V::Unknown(why.clone()),
            _ => return unknown("a call"),
        }
    }
    let known = !args.positional.iter().any(|arg| matches!(arg, V::Global(Global::Value(_))));
    let result = match (name, &numbers[..]) {
        ("sqrt", [x]) if *x >= 0.0 || !known => x.sqrt(),
        ("exp", [x]) => x.exp(),
        ("log", [x]) if *x > 0.0 || !known => x.ln(),
        ("log", [x, base]) if !numpy => x.ln() / base.ln(),
        ("log2", [x]) if *x > 0.0 || !known => x.log2(),
        ("log10", [x]) if *x > 0.0 || !known => x.log10(),
        ("log1p", [x]) => x.ln_1p(),
        ("expm1", [x]) => x.exp_m1(),
        ("sin", [x]) => x.sin(),
        ("cos", [x]) => x.cos(),
        ("tan", [x]) => x.tan(),
        ("atan" | "arctan", [x]) => x.atan(),
        ("radians" | "deg2rad", [x]) => x.to_radians(),
        ("degrees" | "rad2deg", [x]) => x.to_degrees(),
        ("pow" | "power", [x, y]) if *x > 0.0 || !known => x.powf(*y),
        ("hypot", [x, y]) => x.hypot(*y),
        ("floor" | "ceil" | "trunc", [x]) if !numpy && known && x.is_finite() => {
            let rounded = match name {
                "floor" => x.floor(),
                "ceil" => x.ceil(),
                _ => x.trunc(),
            };
            return constant(Const::Int(rounded as i128));
        }
        ("factorial", [n]) if !numpy && known && (0.0..=30.0).contains(n) && n.fract() == 0.0 => {
            return constant(Const::Int((1..=(*n as i128)).product()));
        }
        ("gamma" | "lgamma" | "erf" | "erfc" | "asin" | "acos" | "sinh" | "cosh" | "tanh", [_]) if !numpy => {
            return value(Ty::FLOAT64);
        }
        _ => return unknown("a call"),
    };
    match (known, numpy) {
        (false, _) => value(Ty::FLOAT64),
        (true, true) => V::Global(Global::Scalar(Ty::FLOAT64, Const::float(result))),
        (true, false) => constant(Const::float(result)),
    }
}
