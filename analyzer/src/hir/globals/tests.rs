//! What names mean: small projects held in memory, and the values that kernels see.

use std::path::Path;
use std::sync::Arc;

use super::super::{JitKind, extends, module};
use super::*;
use crate::db::{Database, Host, NoFiles, Settings};

fn host(files: &[(&str, &str)]) -> Host {
    let settings = Settings { roots: vec!["/root".into()], ..Settings::default() };
    let mut host = Host::new(Arc::new(NoFiles), settings);
    for (path, text) in files {
        host.set_text(Path::new(path), Some(text));
    }
    host
}

fn spelled(global: &Global) -> String {
    match global {
        Global::Const(value) => value.to_string(),
        Global::Scalar(ty, value) => format!("{ty}({value})"),
        Global::Value(ty) => ty.to_string(),
        Global::Jitted(kernel, _) => format!("jitted {}", kernel.qualname),
        Global::Plain(kernel) => format!("plain {}", kernel.qualname),
        Global::Class(name) => format!("class {name}"),
        Global::Instance(name) => format!("instance {name}"),
        Global::Container(ty) => format!("container {ty}"),
        Global::Undefined => "undefined".into(),
        Global::Unknown(_) => "unknown".into(),
    }
}

fn value_in(files: &[(&str, &str)], path: &str, name: &str) -> String {
    let host = host(files);
    let db: &Database = host.database();
    spelled(&global(db, db.source(Path::new(path)), &name.into()))
}

#[test]
fn modules_of_one_name_belong_to_the_folder_that_imports_them() {
    let settings = Settings { roots: vec!["/one".into(), "/two".into()], ..Settings::default() };
    let mut host = Host::new(Arc::new(NoFiles), settings);
    for (path, text) in [
        ("/one/shared.py", "width = 1"),
        ("/one/pkg/m.py", "from shared import width"),
        ("/two/shared.py", "width = 2"),
        ("/two/pkg/m.py", "from shared import width"),
        ("/one/other.py", "depth = 3"),
        ("/two/m.py", "from other import depth"),
    ] {
        host.set_text(Path::new(path), Some(text));
    }
    let db: &Database = host.database();
    for (path, name, expected) in
        [("/one/pkg/m.py", "width", "1"), ("/two/pkg/m.py", "width", "2"), ("/two/m.py", "depth", "3")]
    {
        assert_eq!(spelled(&global(db, db.source(Path::new(path)), &name.into())), expected, "{path}");
    }
}

/// The value of `x` after this code.
fn x(code: &str) -> String {
    value_in(&[("/root/m.py", code)], "/root/m.py", "x")
}

fn declared_in(code: &str, function: &str) -> Declared {
    let host = host(&[("/root/m.py", code)]);
    let db: &Database = host.database();
    let file = db.source(Path::new("/root/m.py"));
    let kernel = module::find_function(db, file, function, None).expect("the function is in the code");
    module::declared(db, kernel).clone()
}

#[test]
fn constants_are_computed_as_python_does() {
    for (code, expected) in [
        ("x = 1", "1"),
        ("x = -7 // 2", "-4"),
        ("x = -7 % 3", "2"),
        ("x = 2 ** 10", "1024"),
        ("x = 2 ** -1", "0.5"),
        ("x = 1 / 4", "0.25"),
        ("N = 3\nx = (N, N + 1.5, 'a', None)", "(3, 4.5, 'a', None)"),
        ("import math\nx = 2 * math.pi", "6.283185307179586"),
        ("import numpy as np\nx = np.inf", "inf"),
        ("import numpy as np\nx = np.float32(0.5)", "float32(0.5)"),
        ("import numpy as np\nx = np.uint8(-1)", "uint8(255)"),
        ("import numpy as np\nx = np.iinfo(np.int32).max", "2147483647"),
        ("import numpy as np\nx = -np.float32(1)", "float32(-1.0)"),
        ("x = float('nan')", "nan"),
        ("x = 1 if 2 > 1 else 'a'", "1"),
        ("x: int = 4", "4"),
        ("a, x = 1, 2", "2"),
        ("x = not []", "True"),
    ] {
        assert_eq!(x(code), expected, "{code}");
    }
}

#[test]
fn library_names_have_their_real_names() {
    for (code, expected) in [
        ("import numpy as x", "Module(<module 'numpy'>)"),
        ("import numpy.linalg as x", "Module(<module 'numpy.linalg'>)"),
        ("from numpy import linalg as x", "Module(<module 'numpy.linalg'>)"),
        ("from numba.core import types as x", "Module(<module 'numba.types'>)"),
        ("import numpy as np\nx = np.zeros", "Function(<built-in function zeros>)"),
        ("from math import sqrt as x", "Function(<built-in function sqrt>)"),
        ("x = len", "Function(<built-in function len>)"),
        ("from math import *\nx = sin", "Function(<built-in function sin>)"),
        ("x = ValueError", "ValueError"),
        ("import numpy as np\nx = np.float64", "class(float64)"),
        ("import numba as nb\nx = nb.types.intp", "class(int64)"),
        ("import numba as nb\nx = nb.float64[:, ::1]", "typeref[array(float64, 2d, C)]"),
        ("import numpy as np\nx = np.dtype('<i4')", "dtype(int32)"),
        (
            "import numpy as np\nx = np.dtype([('a', 'f8'), ('b', np.int16, (2,))])",
            "dtype(Record(a[type=float64;offset=0],b[type=nestedarray(int16, (2,));offset=8];12;False))",
        ),
        (
            "import numpy as np\nx = np.dtype([('a', 'i1'), ('b', 'f8')], align=True)",
            "dtype(Record(a[type=int8;offset=0],b[type=float64;offset=8];16;True))",
        ),
        ("import scipy.special as x", "Module(<module 'scipy.special'>)"),
        ("from scipy import linalg\nx = linalg.LinAlgError", "LinAlgError"),
        ("import elsewhere as x", "unknown"),
        ("x = undefined_name_1", "undefined"),
    ] {
        assert_eq!(x(code), expected, "{code}");
    }
}

#[test]
fn global_arrays_are_read_only_and_typed_by_their_constructor() {
    for (call, expected) in [
        ("np.array([1.0, 2])", "readonly array(float64, 1d, C)"),
        ("np.array([[1, 2], [3, 4]], dtype=np.uint8)", "readonly array(uint8, 2d, C)"),
        ("np.zeros((2, 3), order='F')", "readonly array(float64, 2d, F)"),
        ("np.arange(3)", "readonly array(int64, 1d, C)"),
        ("np.arange(3.0)", "readonly array(float64, 1d, C)"),
        ("np.linspace(0, 1, 5)", "readonly array(float64, 1d, C)"),
        ("np.array([True, False])", "readonly array(bool, 1d, C)"),
        ("np.array(unknown())", "unknown"),
    ] {
        assert_eq!(x(&format!("import numpy as np\nx = {call}")), expected, "{call}");
    }
}

#[test]
fn classes_and_containers_are_told_apart() {
    for (code, expected) in [
        (
            "from collections import namedtuple\nP = namedtuple('P', 'a b')\nx = P(1, 2.0)",
            "P(int64, float64)",
        ),
        (
            "from typing import NamedTuple\nclass P(NamedTuple):\n    a: int\n    b: float = 1.0\nx = P(1)",
            "P(int64, float64)",
        ),
        ("from enum import IntEnum\nclass x(IntEnum):\n    A = 1\n", "IntEnum class<int64>(x)"),
        ("import enum\nclass C(enum.Enum):\n    A = enum.auto()\nx = C.A", "Enum<int64>(C)"),
        ("class x(ValueError): pass", "x"),
        ("class x: pass", "class x"),
        ("class C: pass\nx = C()", "instance C"),
        ("x = [1, 2]", "container reflected list(int64)<iv=None>"),
        ("x = {'a': 1.5}", "container DictType[unicode_type,float64]<iv=None>"),
        (
            "from numba import typed, types\nx = typed.Dict.empty(types.int64, types.float64[:])",
            "container DictType[int64,array(float64, 1d, A)]<iv=None>",
        ),
        (
            "from numba.experimental import jitclass\nfrom numba import f8\n@jitclass([('a', f8[:])])\nclass x:\n    b: int\n",
            "jitclass.x#<a:array(float64, 1d, A),b:int64>",
        ),
    ] {
        assert_eq!(x(code), expected, "{code}");
    }
}

#[test]
fn a_name_that_is_assigned_again_is_known_if_numba_would_compile_the_same() {
    for (code, expected) in [
        ("x = 1.0\nx = 2.0", "float64"),
        ("x = 1\nx = 2", "unknown"),
        ("x = 1\nx = 1", "1"),
        ("x = 1\ndef set():\n    global x\n    x = 2\n", "unknown"),
        ("import unknown_thing\nif unknown_thing.a:\n    x = 1\nelse:\n    x = 'a'", "unknown"),
        ("import unknown_thing\nif unknown_thing.a:\n    x = 1.0\nelse:\n    x = 2.0", "float64"),
        ("HAVE = True\nif HAVE:\n    x = 1\nelse:\n    x = 'a'", "1"),
        ("try:\n    import numpy as x\nexcept ImportError:\n    x = None", "Module(<module 'numpy'>)"),
        ("x = 0\nfor x in range(3):\n    pass", "unknown"),
        ("x = 0\nx += 1", "unknown"),
        ("from numba import njit\ndef x(): pass\nx = njit(x)", "jitted x"),
        ("x = x", "unknown"),
        ("a = b\nb = a\nx = a", "unknown"),
        ("globals()['y'] = 1\nx = y", "unknown"),
    ] {
        assert_eq!(x(code), expected, "{code}");
    }
}

#[test]
fn a_class_of_a_wrapped_address_makes_a_function() {
    let code = "from numba import types\ndef get(sig):\n    cls = type('f', (types.WrapperAddressProtocol,), \
                {'__wrapper_address__': lambda self: 0, 'signature': lambda self: sig})\n    return cls()\n\
                g = get(types.float64(types.int64))\n";
    let mut host = Host::new(Arc::new(NoFiles), Settings::default());
    host.set_text(Path::new("/m.py"), Some(code));
    let db = host.database();
    let found = global(db, db.source(Path::new("/m.py")), &"g".into());
    assert!(matches!(found, Global::Value(Ty::FunctionType(_))), "{found:?}");
}

#[test]
fn imports_are_followed_over_files_and_cycles_end() {
    let files = [
        ("/root/pkg/__init__.py", "from .a import *\nfrom . import b\nfrom .b import jitted as again\n"),
        (
            "/root/pkg/a.py",
            "__all__ = ['N', 'f']\nfrom .b import jit\nN = 3\nhidden = 4\n@jit\ndef f(a): return a\n",
        ),
        (
            "/root/pkg/b.py",
            "from functools import partial\nimport numba\nfrom . import a\nfrom .a import N\nfrom .missing import gone\n\
             jit = partial(numba.njit, cache=True)\n@jit\ndef jitted(): pass\ndef plain(): pass\n",
        ),
        (
            "/root/main.py",
            "import pkg\nfrom pkg import f, b, hidden, again\nimport pkg.a as a\nN = pkg.N\nM = b.N\nfrom pkg.b import gone, plain\n",
        ),
    ];
    let main = |name: &str| value_in(&files, "/root/main.py", name);
    assert_eq!(main("f"), "jitted f");
    assert_eq!(main("N"), "3");
    assert_eq!(main("M"), "3");
    assert_eq!(main("again"), "jitted jitted");
    assert_eq!(main("plain"), "plain plain");
    assert_eq!(main("b"), "Module(<module 'pkg.b'>)");
    assert_eq!(main("a"), "Module(<module 'pkg.a'>)");
    assert_eq!(main("hidden"), "unknown");
    assert_eq!(main("gone"), "unknown");
    let host = host(&files);
    let db: &Database = host.database();
    let file = db.source(Path::new("/root/main.py"));
    assert_eq!(spelled(&member(db, file, &"pkg.a".into(), &"N".into())), "3");
    assert_eq!(spelled(&member(db, file, &"numpy".into(), &"pi".into())), "3.141592653589793");
    assert_eq!(spelled(&member(db, file, &"numpy".into(), &"no_such_name".into())), "undefined");
}

#[test]
fn decorators_are_read_with_their_options_and_signatures() {
    let plain = declared_in("def f(): pass", "f");
    assert_eq!(plain.kind, JitKind::Plain);
    let declared = declared_in(
        "import numba as nb\nOPTIONS = {'fastmath': {'nnan'}, 'parallel': True}\n\
         @nb.njit(['f8(f8[:, ::1])', nb.float32(nb.float32[:])], locals={'a': nb.i8}, error_model='numpy', **OPTIONS)\n\
         def f(a): pass",
        "f",
    );
    assert_eq!(declared.kind, JitKind::Jit);
    assert!(declared.options.fastmath && declared.options.parallel && declared.options.numpy_errors);
    assert_eq!(declared.options.locals, [("a".into(), Ty::INT64)]);
    let args: Vec<String> =
        declared.signatures.iter().map(|signature| signature.args[0].to_string()).collect();
    assert_eq!(args, ["array(float64, 2d, C)", "array(float32, 1d, A)"]);
    let kind = |code: &str| declared_in(code, "f").kind;
    assert_eq!(kind("from numba import vectorize\n@vectorize\ndef f(a): pass"), JitKind::Vectorize);
    assert_eq!(kind("from numba import cfunc\n@cfunc('f8(f8)')\ndef f(a): pass"), JitKind::CFunc);
    assert_eq!(
        kind("from numba.extending import overload\n@overload(len)\ndef f(a): pass"),
        JitKind::Overload
    );
    assert_eq!(
        kind("from numba.extending import register_jitable\n@register_jitable\ndef f(a): pass"),
        JitKind::Jit
    );
    assert_eq!(kind("from numba import *\n@jit\ndef f(a): pass"), JitKind::Jit);
    assert_eq!(kind("import numba\ndef f(a): pass\ng = numba.njit(cache=True)(f)"), JitKind::Jit);
    assert_eq!(kind("@unknown\ndef f(a): pass"), JitKind::Plain);
    let unknown = declared_in("from numba import njit\n@njit(chache=True)\ndef f(a): pass", "f");
    assert_eq!(unknown.options.unknown, ["chache".into()]);
}

#[test]
fn wrappers_around_njit_are_followed() {
    let kind = |code: &str| declared_in(code, "f").kind;
    for code in [
        "import numba as nb\ndef ngjit(f): return nb.njit(nogil=True)(f)\n@ngjit\ndef f(): pass",
        "import numba as nb\ndef jit(*args, **kwargs):\n    def wrap(g):\n        return nb.njit(*args, **kwargs)(g)\n    return wrap\n@jit(cache=True)\ndef f(): pass",
        "try:\n    import numba\n    njit = numba.njit\nexcept ImportError:\n    def njit(*a, **k): return lambda f: f\n@njit(cache=True)\ndef f(): pass",
        "from numba import njit\ndef jit(f=None, **kw):\n    if f is None:\n        return lambda g: njit(g)\n    return njit(f)\n@jit\ndef f(): pass",
        "from numba import njit\ndef jit(f=None, **kw):\n    if f is None:\n        return lambda g: njit(g)\n    return njit(f)\n@jit(cache=True)\ndef f(): pass",
        "from numba import njit\ndef export(f):\n    names.append(f)\n    return f\n@export\n@njit\ndef f(): pass",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numba\nelse:\n    numba = load('numba')\n@numba.njit\ndef f(): pass",
    ] {
        assert_eq!(kind(code), JitKind::Jit, "{code}");
    }
    let declared = declared_in(
        "import numba as nb\ndef _jit(n):\n    sigs = []\n    for T in (nb.f4, nb.f8):\n        sigs.append(T(*([T] * n)))\n    return nb.njit(sigs, cache=True)\n@_jit(2)\ndef f(a, b): pass",
        "f",
    );
    assert!(declared.options.cache);
    let spelled: Vec<String> =
        declared.signatures.iter().map(|signature| format!("{:?}", signature.args.len())).collect();
    assert_eq!(spelled, ["2", "2"]);
}

#[test]
fn names_of_enclosing_functions_are_what_their_only_assignment_says() {
    let code = "from numba import njit\ndef outer(p):\n    N = 3\n    M = p\n    @njit\n    def inner(): pass\n    def plain(): pass\n    @njit\n    def f():\n        return N, M, p, inner, plain\n    return f\n";
    let host = host(&[("/root/m.py", code)]);
    let db: &Database = host.database();
    let file = db.source(Path::new("/root/m.py"));
    let kernel = module::find_function(db, file, "outer.<locals>.f", None).expect("the function is there");
    let free = |name: &str| spelled(&free(db, kernel.clone(), &name.into()));
    assert_eq!(free("N"), "3");
    assert_eq!(free("M"), "unknown");
    assert_eq!(free("p"), "unknown");
    assert_eq!(free("inner"), "jitted outer.<locals>.inner");
    assert_eq!(free("plain"), "plain outer.<locals>.plain");
}

#[test]
fn a_frozen_tuple_has_literals_only_if_all_its_members_can_be() {
    for (code, expected) in [
        ("x = (1, 'a')", "Tuple(Literal[int](1), Literal[str](a))"),
        ("x = (1, 2.0)", "Tuple(int64, float64)"),
        ("x = (1, (2, 3))", "Tuple(int64, UniTuple(int64 x 2))"),
    ] {
        let host = host(&[("/root/m.py", code)]);
        let db: &Database = host.database();
        let value = global(db, db.source(Path::new("/root/m.py")), &"x".into());
        assert_eq!(value.ty().map(|ty| ty.to_string()).as_deref(), Some(expected));
    }
}

#[test]
fn fields_of_named_tuples_are_found_by_the_name_of_their_class() {
    let host = host(&[("/root/m.py", "from collections import namedtuple\nP = namedtuple('P', 'a b')\n")]);
    let db: &Database = host.database();
    let file = db.source(Path::new("/root/m.py"));
    let ty: Ty = "P(int64, float64)".parse().expect("a spelling");
    let Ty::NamedTuple(tuple) = complete(db, file, &ty) else { panic!("a named tuple stays one") };
    assert_eq!(&*tuple.fields[1].0, "b");
}

#[test]
fn a_name_that_unknown_branches_set_differently_is_unknown() {
    let code = "import sys\ndef f(y):\n    if sys.argv:\n        x, z = 1, 5\n    else:\n        x, z = 'a', 5\n    \
                w = x\n    x = y\n    return w, z, x\nw, z, x = f(3)\n";
    let host = host(&[("/root/m.py", code)]);
    let db: &Database = host.database();
    let file = db.source(Path::new("/root/m.py"));
    let name = |name: &str| spelled(&global(db, file, &name.into()));
    assert_eq!((name("w"), name("z"), name("x")), ("unknown".into(), "5".into(), "3".into()));
}

#[test]
fn a_list_of_exports_that_a_call_fills_hides_nothing() {
    let package = [
        ("/root/p/__init__.py", "from .a import *\nfrom .b import *\n"),
        ("/root/p/a.py", "export, __all__ = exporter()\nx = 1\n"),
        ("/root/p/b.py", "__all__ = ['y']\nx = 2\ny = 3\n"),
    ];
    assert_eq!(value_in(&package, "/root/p/__init__.py", "x"), "1");
    assert_eq!(value_in(&package, "/root/p/__init__.py", "y"), "3");
}

#[test]
fn a_star_import_of_a_module_that_writes_its_own_names_leaves_them_open() {
    let package =
        [("/root/p/__init__.py", "from .a import *\n"), ("/root/p/a.py", "locals().update(made())\n")];
    assert_eq!(value_in(&package, "/root/p/__init__.py", "x"), "unknown");
    assert_eq!(value_in(&package, "/root/p/__init__.py", "len"), "Function(<built-in function len>)");
}

/// A loader that knows which files there are.
struct Files(Vec<(&'static str, &'static str)>);

impl crate::db::FileLoader for Files {
    fn read(&self, path: &Path) -> Option<String> {
        let found = self.0.iter().find(|(known, _)| Path::new(known) == path);
        found.map(|(_, text)| (*text).to_owned())
    }

    fn python_files(&self, folder: &Path) -> Vec<std::path::PathBuf> {
        let paths = self.0.iter().map(|(path, _)| std::path::PathBuf::from(path));
        paths.filter(|path| path.starts_with(folder)).collect()
    }
}

#[test]
fn a_dispatcher_is_found_by_its_name_if_the_package_has_one_such_function() {
    let jitted =
        "from numba import njit\n@njit\ndef only(x):\n    return x\n@njit\ndef twice(x):\n    return x\n";
    let files = Files(vec![
        ("/root/p/__init__.py", ""),
        ("/root/p/a.py", "def f(g):\n    return g(1)\n"),
        ("/root/p/tests/t.py", jitted),
        (
            "/root/p/tests/u.py",
            "from numba import njit\n@njit\ndef twice(x):\n    return 2 * x\ndef only(): pass\n",
        ),
    ]);
    let host = Host::new(Arc::new(files), Settings::default());
    let db = host.database();
    let known = |name: &str| {
        let spelled = Ty::Opaque(format!("type(CPUDispatcher(<function {name} at 0x7f00>))").into());
        matches!(complete(db, db.source(Path::new("/root/p/a.py")), &spelled), Ty::Dispatcher(_))
    };
    assert!(known("only"));
    assert!(!known("twice"));
    assert!(!known("other"));
}

#[test]
fn what_one_file_of_a_package_registers_holds_for_all_of_them() {
    let files = Files(vec![
        ("/root/p/__init__.py", ""),
        ("/root/p/a.py", "from .b import made\n"),
        ("/root/p/b.py", "def made(): pass\nclass C: pass\n"),
        (
            "/root/p/c.py",
            "from numba.extending import overload, overload_method\n@overload(made)\ndef _(): pass\n\
             @overload_method(T, 'grown')\ndef _(t): pass\n",
        ),
    ]);
    let host = Host::new(Arc::new(files), Settings::default());
    let db = host.database();
    let file = db.source(Path::new("/root/p/a.py"));
    assert!(extends::package_extends(db, file, "p.b.made") && !extends::package_extends(db, file, "C"));
    assert!(extends::package_adds_attribute(db, file, "grown"));
}

#[test]
fn another_file_of_a_package_makes_a_class_a_struct_with_methods() {
    let files = Files(vec![
        ("/root/p/__init__.py", ""),
        ("/root/p/a.py", "class C(Base): pass\nclass D(Base): pass\n"),
        (
            "/root/p/b.py",
            "from numba import types\nfrom numba.experimental import structref\n\
             from numba.extending import overload_method\nfrom .a import C\n\
             @structref.register\nclass T(types.StructRef): pass\n\
             structref.define_proxy(C, T, ['x'])\n\
             @overload_method(T, 'm')\ndef m(c): return lambda c: c.x\n",
        ),
    ]);
    let host = Host::new(Arc::new(files), Settings::default());
    let db = host.database();
    let file = db.source(Path::new("/root/p/a.py"));
    let Global::Value(Ty::StructRefClass(class)) = global(db, file, &"C".into()) else { panic!("no struct") };
    assert_eq!(&*class.name, "T");
    assert!(matches!(global(db, file, &"D".into()), Global::Unknown(_)));
    let fields = class.fields.iter().map(|(name, _)| (name.clone(), Ty::INT64)).collect();
    let ty = Ty::StructRef(Arc::new(crate::ty::NamedTupleTy { name: class.name.clone(), fields }));
    assert_eq!(super::added(db, file, &ty, &"m".into()), Some(super::Adds::Method));
    assert_eq!(super::added(db, file, &Ty::INT64, &"m".into()), None);
    let compiled = super::added_member(db, file, &"m".into(), &[ty], &[]);
    assert!(compiled.is_some_and(|kernel| kernel.qualname.contains("<lambda>")));
}

#[test]
fn an_inner_function_is_what_each_call_in_the_package_makes_of_it() {
    let files = Files(vec![
        ("/root/p/__init__.py", ""),
        (
            "/root/p/a.py",
            "from numba import njit\ndef make(n, kind):\n    @njit\n    def inner(x):\n        return x + n\n    return inner\n",
        ),
        (
            "/root/p/b.py",
            "from .a import make\nSTEPS = {'one': 1, 'half': 0.5}\nclass C:\n    def run(self, kind, n=2):\n        \
             return make(STEPS[kind], kind), make(n, kind)\n    def go(self):\n        return self.run(self.kind, n='s')\n",
        ),
    ]);
    let host = Host::new(Arc::new(files), Settings::default());
    let db = host.database();
    let file = db.source(Path::new("/root/p/a.py"));
    let inner = module::find_function(db, file, "make.<locals>.inner", None).expect("the function is there");
    let made = instances(db, &inner);
    assert!(made.supposed);
    let seen: Vec<String> = made
        .kernels
        .iter()
        .flat_map(|kernel| kernel.captured.iter().flat_map(|captured| &captured.names))
        .filter(|(name, _)| &**name == "n")
        .map(|(_, value)| spelled(value))
        .collect();
    assert_eq!(seen, ["1", "0.5", "'s'"]);
}

/// What calls in the package give the free variable `n` of an inner function.
fn given(files: Vec<(&'static str, &'static str)>, function: &str) -> (Vec<String>, bool) {
    let host = Host::new(Arc::new(Files(files)), Settings::default());
    let db = host.database();
    let file = db.source(Path::new("/root/p/a.py"));
    let inner = module::find_function(db, file, function, None).expect("the function is there");
    let made = instances(db, &inner);
    let captured = made.kernels.iter().flat_map(|kernel| &kernel.captured);
    let values = captured.flat_map(|captured| &captured.names).filter(|(name, _)| &**name == "n");
    (values.map(|(_, value)| spelled(value)).collect(), made.supposed)
}

#[test]
fn factories_are_followed_through_the_functions_that_call_them_or_are_handed_them() {
    let files = vec![
        ("/root/p/__init__.py", ""),
        (
            "/root/p/a.py",
            "from numba import njit\ndef make(n):\n    def inner(x):\n        return x + n\n    return njit(inner)\n\
             def build(n, factory=make):\n    return factory(n)\n",
        ),
        ("/root/p/b.py", "from . import a\none = a.build(1)\nhalf = a.build(0.5, factory=a.make)\n"),
    ];
    assert_eq!(given(files, "make.<locals>.inner").0, ["0.5", "1"]);
}

#[test]
fn a_decorator_of_the_project_makes_a_function_around_each_function_it_decorates() {
    let files = vec![
        ("/root/p/__init__.py", ""),
        (
            "/root/p/a.py",
            "from numba import njit\ndef around(f):\n    n = njit(f)\n    @njit\n    def inner(x):\n        \
             return n(x)\n    return inner\n@around\ndef one(x):\n    return x\n",
        ),
    ];
    let (values, supposed) = given(files, "around.<locals>.inner");
    assert!(!supposed && values.len() == 1 && values[0].contains("one"), "{values:?}");
}

#[test]
fn a_decorator_wins_over_its_stand_in_where_the_condition_is_unknown() {
    let source = "import numba, conf\ndef jit():\n    if conf.enabled:\n        def wrapper(f):\n            \
                  return numba.njit(f)\n    else:\n        def wrapper(f):\n            return f\n    \
                  return wrapper\n@jit()\ndef x(y):\n    return y\n";
    assert_eq!(x(source), "jitted x");
    let loops = "import os\nfrom numba import prange as parallel\nif os.getpid() > 9:\n    x = range\nelse:\n    x = parallel\n";
    assert!(x(loops).contains("prange"), "{}", x(loops));
    assert_eq!(x("NAME = 'n'\nx = f'{NAME} is {3}'\n"), "'n is 3'");
}
