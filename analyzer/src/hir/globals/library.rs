//! The library as the evaluator sees it: modules, names, and calls whose results are constants or types.

use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::super::Signature;
use super::super::decorator;
use super::eval::Eval;
use super::imports::Module;
use super::value::{Args, SeqKind, V, constant, unknown, value};
use super::{Global, arrays, builtins, classes, ctypes, dtype, modules};
use crate::table::{internal, names};
use crate::ty::parse::{self, construct};
use crate::ty::{Const, FloatTy, IntTy, Ty};

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
    // Every name of every file is asked about.
    static IS_EXCEPTION: OnceLock<FxHashMap<&str, bool>> = OnceLock::new();
    let names = IS_EXCEPTION.get_or_init(|| {
        let functions = FUNCTIONS.iter().map(|name| (*name, false));
        functions.chain(EXCEPTIONS.iter().map(|name| (*name, true))).collect()
    });
    let is_exception = names.get(name).copied();
    if is_exception == Some(false) {
        return Some(value(Ty::Function(format!("builtins.{name}").into())));
    }
    if is_exception == Some(true) {
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
    let path = modules::canonical(&format!("{module}.{name}"));
    if modules::is_module(&path) {
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
    if let Some(ty) = names::number(&path) {
        return value(ty);
    }
    if let Some(ty) = names::scalar_type(&path) {
        return match ty {
            Ty::UnicodeChars(_) | Ty::Chars(_) | Ty::PyObject => value(Ty::Function(path)),
            ty => value(Ty::NumberClass(Arc::new(ty))),
        };
    }
    if &*path == "numba.config.DISABLE_JIT" {
        return constant(Const::int(0));
    }
    if &*path == "numba.config.NUMBA_NUM_THREADS" {
        return value(Ty::INT64);
    }
    if path.starts_with("sys.float_info.") {
        return value(Ty::FLOAT64);
    }
    if &*path == "sys.maxsize" {
        return constant(Const::int(i64::MAX));
    }
    if names::is_exception(&path) {
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
        (Ty::EnumClass(of), _) if !attr.starts_with('_') => value(Ty::EnumMember(of.clone())),
        (Ty::NamedTupleClass(class), "_fields") => {
            let names = class.fields.iter().map(|(name, _)| constant(Const::Str(name.clone())));
            Eval::tuple(names.collect())
        }
        (Ty::Array(array), "dtype") => value(Ty::DType(Arc::new(array.elem.clone()))),
        (Ty::Array(array), "ndim") => match array.ndim {
            Some(ndim) => constant(Const::int(ndim)),
            None => unknown("an attribute"),
        },
        (Ty::Array(array), "T") => {
            let mut array = (**array).clone();
            array.layout = dtype::transposed(array.ndim, array.layout);
            value(Ty::Array(Arc::new(array)))
        }
        (Ty::Opaque(name), _) => limits(name, attr),
        (Ty::Function(path), _)
            if &**path == internal::BINDINGS
                || path.starts_with("numba.typed.")
                || path.starts_with("itertools.")
                || matches!(&**path, "ctypes.cdll" | "ctypes.pydll")
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
            "min" => constant(Const::int(min)),
            "max" => constant(Const::int(max)),
            "bits" => constant(Const::int(bits)),
            _ => unknown("an attribute"),
        };
    }
    let Some(Ty::Float(float)) = of("finfo(") else { return unknown("an attribute") };
    let count = match (float, attr) {
        (_, "bits") => Some(i128::from(float.bits())),
        (FloatTy::F64, "precision") => Some(15),
        (FloatTy::F32, "precision") => Some(6),
        (FloatTy::F64, "nmant") => Some(52),
        (FloatTy::F32, "nmant") => Some(23),
        _ => None,
    };
    if let Some(count) = count {
        return constant(Const::int(count));
    }
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
pub(super) fn cast(ty: &Ty, scalar: &Const) -> Option<Const> {
    let float = |value: &Const| match value {
        Const::Int(int) => Some(int.get() as f64),
        Const::Bool(value) => Some(f64::from(u8::from(*value))),
        Const::Float(bits) => Some(f64::from_bits(*bits)),
        _ => None,
    };
    Some(match (ty, scalar) {
        (Ty::Bool, value) => Const::Bool(value.truth()),
        (Ty::Int(int), value) => {
            let number = match value {
                Const::Int(number) => number.get(),
                Const::Bool(value) => i128::from(*value),
                Const::Float(bits) if f64::from_bits(*bits).is_finite() => f64::from_bits(*bits) as i128,
                _ => return None,
            };
            Const::int(wrap(*int, number))
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
        "numba.extending.SentryLiteralArgs" => eval.wants_literals.set(true),
        // Numba's bindings of C: `_LAPACK().numba_xgesv(dtype)` is a function, whatever the element type.
        "numba.np.linalg._LAPACK" | "numba.np.linalg._BLAS" => {
            return value(Ty::Function(internal::BINDINGS.into()));
        }
        _ if path.strip_prefix(internal::BINDINGS).is_some_and(|rest| rest.starts_with('.')) => {
            return value(Ty::Function(internal::BOUND.into()));
        }
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
                ty.unwrap_or(Ty::Hole(crate::ty::Why::NotModelled("the items of a dict")))
            };
            let dict = Ty::dict(ty(0, "key_type"), ty(1, "value_type"));
            return V::Global(Global::Container(dict));
        }
        _ => {}
    }
    if let Some(name) = path.strip_prefix("builtins.") {
        return builtins::call(eval, name, &args);
    }
    if let Some(name) = path.strip_prefix("math.") {
        return builtins::math(name, &args, false);
    }
    if path.starts_with("numpy.") {
        return dtype::call(eval, path, &args);
    }
    if let Some(name) = path.strip_prefix("ctypes.") {
        return ctypes::call(name, &args);
    }
    if path == "numpy.ctypeslib.load_library" {
        return ctypes::call("CDLL", &args);
    }
    if let Some(name) = path.strip_prefix("scipy.special.") {
        return arrays::special(eval, name, &args);
    }
    unknown("a call")
}

/// An array that is made in Python is writeable, whatever it is as a global; so are those in a tuple.
fn mutable(ty: Ty) -> Ty {
    match ty {
        Ty::Array(array) if array.readonly => {
            let mut array = (*array).clone();
            array.readonly = false;
            Ty::Array(Arc::new(array))
        }
        Ty::Tuple(items) => Ty::tuple(items.iter().cloned().map(mutable)),
        Ty::NamedTuple(tuple) => {
            let mut tuple = (*tuple).clone();
            for (_, field) in &mut tuple.fields {
                *field = mutable(field.clone());
            }
            Ty::NamedTuple(Arc::new(tuple))
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
    if class == "unliteral"
        && let Some(V::Type(ty)) = args.positional.first()
    {
        return V::Type(ty.unliteral());
    }
    if class == "NoneType" {
        return V::Type(Ty::None);
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
        V::Class(_) => match eval.finish(arg) {
            Global::Value(class @ Ty::NamedTupleClass(_)) => parse::Value::Ty(class),
            _ => parse::Value::Ty(as_type(eval, arg)?),
        },
        V::Global(Global::Value(class @ Ty::NamedTupleClass(_))) => parse::Value::Ty(class.clone()),
        arg => parse::Value::Ty(as_type(eval, arg)?),
    })
}
