//! Bodies typed without a project around them: names are NumPy's, math's, Numba's and the builtins'.

use std::sync::Arc;

use crate::hir::body::{Body, InnerFunction, Param};
use crate::hir::{Declared, JitKind, JitOptions, lower};
use crate::passes::{self, NoEnv};
use crate::table;
use crate::ty::{ClosureTy, Const, KernelRef, Name, Ty, Why};

use super::context::{Context, NameValue};
use super::{ProblemKind, SpecKey, TypedBody, glance, solve};

struct Library;

impl Context for Library {
    fn numba(&self) -> crate::table::Version {
        crate::db::Settings::default().numba
    }

    fn global(&self, name: &Name) -> NameValue {
        match &**name {
            "np" => NameValue::Ty(Ty::Module("numpy".into())),
            "math" | "operator" | "random" => NameValue::Ty(Ty::Module(name.clone())),
            "ValueError" | "Exception" | "IndexError" => NameValue::Ty(Ty::ExceptionClass(name.clone())),
            "prange" => NameValue::Ty(Ty::Function("numba.prange".into())),
            _ if table::find(&format!("builtins.{name}")).is_some() => {
                NameValue::Ty(Ty::Function(format!("builtins.{name}").into()))
            }
            _ => NameValue::Refused(ProblemKind::UndefinedGlobal(name.clone())),
        }
    }

    fn free(&self, name: &Name) -> NameValue {
        self.global(name)
    }

    fn member(&self, module: &Name, attr: &Name) -> NameValue {
        let path = format!("{module}.{attr}");
        let ty = match (table::names::constant(&path), table::names::scalar_type(&path)) {
            (Some(value), _) => Ty::of_const(&value),
            (None, Some(ty)) => Ty::NumberClass(Arc::new(ty)),
            _ => Ty::Function(table::names::canonical(&path).into()),
        };
        NameValue::Ty(ty)
    }

    fn body_of(&self, _: &KernelRef) -> Option<Arc<Body>> {
        None
    }

    fn declared(&self, _: &KernelRef) -> Declared {
        Declared { kind: JitKind::Plain, signatures: Vec::new(), options: JitOptions::default() }
    }

    fn default_of(&self, _: &KernelRef, name: &Name) -> NameValue {
        self.global(name)
    }

    fn infer(&self, _: &SpecKey) -> Arc<TypedBody> {
        unreachable!("no body of a callee is known")
    }

    fn type_expression(&self, spelling: &Name) -> Ty {
        spelling.parse().unwrap_or(Ty::Hole(Why::UnknownType(spelling.clone())))
    }

    fn infer_closure(&self, _: &Arc<ClosureTy>, _: &[Ty]) -> Arc<TypedBody> {
        unreachable!("no test calls inner functions")
    }

    fn closure(&self, _: Arc<InnerFunction>, _: Vec<(Name, Ty)>) -> Ty {
        Ty::Hole(Why::NotModelled("an inner function"))
    }

    fn is_python(&self) -> bool {
        false
    }

    fn check_cancelled(&self) {}
}

/// Types the first function of a source for these argument types.
pub(super) fn typed(source: &str, args: &[&str]) -> TypedBody {
    let args: Vec<Ty> = args.iter().map(|arg| arg.parse().expect("a type")).collect();
    solved(&lowered(source), &args)
}

/// Whether a glance finds nothing against these argument types in the first function of a source.
pub(super) fn glance(source: &str, args: &[&str]) -> bool {
    let args: Vec<Ty> = args.iter().map(|arg| arg.parse().expect("a type")).collect();
    let body = lowered(source);
    let hole = |param: &Param| Ty::Hole(Why::UntypedArgument(param.name.clone()));
    let open = solved(&body, &body.params.iter().map(hole).collect::<Vec<Ty>>());
    assert_eq!(open.problems, [], "{source}");
    glance::passes(&Library, &open, &args, &JitOptions::default())
}

fn lowered(source: &str) -> Arc<Body> {
    let parsed = ruff_python_parser::parse_module(source).expect("the source of a test parses");
    let def = parsed.syntax().body.iter().find_map(|stmt| stmt.as_function_def_stmt()).expect("a function");
    lower::function(def, source, &[], &[]).body
}

fn solved(body: &Body, args: &[Ty]) -> TypedBody {
    let prepared = Arc::new(passes::prepare(body, args, &NoEnv));
    solve::solve(&Library, &prepared, args, None, &JitOptions::default())
}

#[test]
fn a_loop_over_an_array_sums_floats() {
    let source = "def f(data):\n    total = 0\n    for i in range(len(data)):\n        total += data[i] ** 2\n    return total\n";
    let typed = typed(source, &["array(float64, 1d, C)"]);
    assert_eq!(typed.problems, []);
    assert_eq!(typed.whys, []);
    assert_eq!(typed.ret, Ty::FLOAT64);
}

#[test]
fn every_list_shape_is_refused_and_not_only_the_first() {
    let source =
        "def f(n):\n    a = np.zeros([n, 2])\n    b = np.full([n, 3], 1.0)\n    return a.sum() + b.sum()\n";
    let typed = typed(source, &["int64"]);
    assert_eq!(typed.problems.len(), 2, "{:?}", typed.problems);
}

#[test]
fn an_empty_list_takes_its_type_from_append() {
    let source = "def f(n):\n    x = []\n    for i in range(n):\n        x.append(i * 0.5)\n    return x\n";
    let typed = typed(source, &["int64"]);
    assert_eq!(typed.problems, []);
    assert_eq!(typed.ret, Ty::list(Ty::FLOAT64));
    let _ = Const::None;
}
