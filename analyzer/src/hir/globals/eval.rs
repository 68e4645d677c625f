//! The evaluator of module-level expressions: its values, its scopes, and expressions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, Number, StmtFunctionDef};

use super::super::decorator::Target;
use super::super::module::{Kernel, segment_of};
use super::super::walk::Scope;
use super::finish::agree;
use super::supposed::{Supposed, Supposing};
use super::value::{Args, Class, Lambda, SeqKind, V, constant, unknown};
use super::{Global, arith, arrays, extension};
use crate::db::{Db, SourceFile};
use crate::ty::{Const, KernelRef, Layout, Name, Ty, Why};

/// Where names are looked up.
#[derive(Clone)]
pub(in crate::hir) enum Env<'db> {
    Module(SourceFile),
    /// Inside a function that was not called: its parameters are unknown, its assignments are read lazily.
    Lazy(Rc<LazyScope<'db>>),
    /// Inside a call.
    Frame(Rc<Frame<'db>>),
}

pub(in crate::hir) struct LazyScope<'db> {
    pub(in crate::hir) def: &'db StmtFunctionDef,
    pub(in crate::hir) parent: Env<'db>,
    pub(in crate::hir) qualname: Name,
    pub(in crate::hir) supposed: Supposed<'db>,
}

pub(in crate::hir) struct Frame<'db> {
    pub(in crate::hir) vars: RefCell<Vec<(Name, V<'db>)>>,
    pub(in crate::hir) parent: Env<'db>,
    pub(in crate::hir) qualname: Name,
    /// Names that are local but may not be assigned yet.
    pub(in crate::hir) locals: Vec<Name>,
}

impl<'db> Env<'db> {
    pub(in crate::hir) fn file(&self) -> SourceFile {
        match self {
            Env::Module(file) => *file,
            Env::Lazy(scope) => scope.parent.file(),
            Env::Frame(frame) => frame.parent.file(),
        }
    }

    /// The scope inside these functions and classes. Class bodies are no scope for what is inside their functions.
    pub(in crate::hir) fn of_scopes(file: SourceFile, scopes: &[Scope<'db>]) -> Env<'db> {
        Env::Module(file).inside(scopes)
    }

    /// The scope inside these functions and classes, which stand in this one.
    pub(in crate::hir) fn inside(self, scopes: &[Scope<'db>]) -> Env<'db> {
        let mut prefix = self.qualify("").to_string();
        let mut env = self;
        for scope in scopes {
            match scope {
                Scope::Function(def) => {
                    prefix.push_str(&def.name);
                    let qualname = prefix.as_str().into();
                    prefix.push_str(".<locals>.");
                    let supposed = Supposed::default();
                    env = Env::Lazy(Rc::new(LazyScope { def, parent: env, qualname, supposed }));
                }
                Scope::Class(class) => {
                    prefix.push_str(&class.name);
                    prefix.push('.');
                }
            }
        }
        env
    }

    /// What the qualified names of functions defined here start with.
    pub(in crate::hir) fn qualify(&self, name: &str) -> Name {
        match self {
            Env::Module(_) => name.into(),
            Env::Lazy(scope) => format!("{}.<locals>.{name}", scope.qualname).into(),
            Env::Frame(frame) => format!("{}.<locals>.{name}", frame.qualname).into(),
        }
    }
}

/// How deep expressions, calls and lookups may nest, and how many steps one question may take.
const MAX_DEPTH: u32 = 48;
const MAX_STEPS: u32 = 20_000;

/// One question to the evaluator, with the bounds on its work.
pub(in crate::hir) struct Eval<'db> {
    pub(in crate::hir) db: &'db dyn Db,
    steps: Cell<u32>,
    depth: Cell<u32>,
    /// Names being looked up, with the binding at which the lookup is: an inner lookup sees earlier bindings only.
    pub(in crate::hir) looking: RefCell<Vec<(SourceFile, Name, usize)>>,
    /// The statements of modules that are being run: the file, the statement, and the binding in it. They see what
    /// their names had then, not what these have in the end.
    pub(in crate::hir) running: RefCell<Vec<(SourceFile, u32, u32)>>,
    /// A condition that is not known ends a call: no side of it is taken for the usual one.
    pub(in crate::hir) exact: bool,
    /// The functions that calls made, in order.
    pub(in crate::hir) made: RefCell<Vec<V<'db>>>,
    /// The calls of `overload`: what is overloaded, and by what.
    pub(in crate::hir) registered: RefCell<Vec<(Target, KernelRef)>>,
    /// The class of the struct types that a call is about.
    pub(super) struct_class: RefCell<Option<Rc<Class<'db>>>>,
    /// An overload asks for literal types of its arguments.
    pub(in crate::hir) wants_literals: Cell<bool>,
    /// Functions whose surroundings are being taken along.
    pub(super) finishing: RefCell<Vec<KernelRef>>,
    /// Where several values are possible, the one to suppose; without, such a value is unknown.
    pub(super) supposing: Option<Supposing<'db>>,
}

impl<'db> Eval<'db> {
    pub(in crate::hir) fn new(db: &'db dyn Db) -> Eval<'db> {
        Eval {
            db,
            steps: Cell::new(0),
            depth: Cell::new(0),
            looking: RefCell::default(),
            running: RefCell::default(),
            made: RefCell::default(),
            registered: RefCell::default(),
            struct_class: RefCell::default(),
            wants_literals: Cell::default(),
            finishing: RefCell::default(),
            exact: false,
            supposing: None,
        }
    }

    pub(in crate::hir) fn exact(db: &'db dyn Db) -> Eval<'db> {
        Eval { exact: true, ..Eval::new(db) }
    }

    pub(super) fn supposing(db: &'db dyn Db, supposing: Supposing<'db>) -> Eval<'db> {
        Eval { supposing: Some(supposing), ..Eval::new(db) }
    }

    /// Evaluates what a function's definition runs, its decorators and defaults: at module level that happens once,
    /// where it stands. A function around it runs later.
    pub(in crate::hir) fn at_definition(
        db: &'db dyn Db,
        kernel: Kernel<'db>,
        scopes: &[Scope<'db>],
    ) -> Eval<'db> {
        let eval = Eval::new(db);
        let of = kernel.of(db);
        let bare = if of.captured.is_none() { kernel } else { Kernel::new(db, of.bare()) };
        if scopes.iter().all(|scope| matches!(scope, Scope::Class(_)))
            && let Some(segment) = segment_of(db, bare)
        {
            eval.running.borrow_mut().push((of.file, segment, u32::MAX));
        }
        eval
    }

    /// Runs `work` one level deeper, unless the bounds are reached.
    pub(in crate::hir) fn deeper(&self, work: impl FnOnce() -> V<'db>) -> V<'db> {
        if self.depth.get() >= MAX_DEPTH || self.steps.get() >= MAX_STEPS {
            return V::Unknown(Why::NotModelled("a value that takes long to compute"));
        }
        self.depth.set(self.depth.get() + 1);
        self.steps.set(self.steps.get() + 1);
        let value = work();
        self.depth.set(self.depth.get() - 1);
        value
    }

    pub(in crate::hir) fn expr(&self, env: &Env<'db>, expr: &'db Expr) -> V<'db> {
        self.deeper(|| self.expr_inner(env, expr))
    }

    fn expr_inner(&self, env: &Env<'db>, expr: &'db Expr) -> V<'db> {
        match expr {
            Expr::NoneLiteral(_) => constant(Const::None),
            Expr::EllipsisLiteral(_) => constant(Const::Ellipsis),
            Expr::BooleanLiteral(literal) => constant(Const::Bool(literal.value)),
            Expr::StringLiteral(literal) => constant(Const::Str(literal.value.to_str().into())),
            Expr::BytesLiteral(literal) => {
                constant(Const::Bytes(literal.value.bytes().collect::<Vec<u8>>().into()))
            }
            Expr::NumberLiteral(literal) => number(&literal.value),
            Expr::Name(name) => self.name(env, name.id.as_str()),
            Expr::Attribute(attribute) => {
                let value = self.expr(env, &attribute.value);
                self.attribute(&value, attribute.attr.as_str())
            }
            Expr::Tuple(tuple) => self.sequence(env, SeqKind::Tuple, &tuple.elts),
            Expr::List(list) => self.sequence(env, SeqKind::List, &list.elts),
            Expr::Set(set) => self.sequence(env, SeqKind::Set, &set.elts),
            Expr::Dict(dict) => self.dict(env, dict),
            Expr::UnaryOp(unary) => {
                let operand = self.expr(env, &unary.operand);
                arith::unary(unary.op, &operand)
            }
            Expr::BinOp(binary) => {
                let (left, right) = (self.expr(env, &binary.left), self.expr(env, &binary.right));
                arith::binary(binary.op, &left, &right)
            }
            Expr::Compare(compare) => self.compare(env, compare),
            Expr::BoolOp(boolean) => self.bool_op(env, boolean),
            Expr::If(conditional) => match self.expr(env, &conditional.test).truth() {
                Some(true) => self.expr(env, &conditional.body),
                Some(false) => self.expr(env, &conditional.orelse),
                None => {
                    let (a, b) = (self.expr(env, &conditional.body), self.expr(env, &conditional.orelse));
                    self.either(vec![a, b]).unwrap_or_else(|| unknown("a condition"))
                }
            },
            Expr::Call(call) => {
                let func = self.expr(env, &call.func);
                let args = self.arguments(env, &call.arguments);
                self.call(&func, args)
            }
            Expr::Subscript(subscript) => {
                let value = self.expr(env, &subscript.value);
                let index = self.expr(env, &subscript.slice);
                self.subscript(&value, &index)
            }
            Expr::Slice(slice) => {
                let step = slice.step.as_deref().map(|step| self.expr(env, step));
                let one =
                    matches!(&step, Some(V::Global(Global::Const(Const::Int(step)))) if step.get() == 1);
                V::Slice {
                    full: slice.lower.is_none() && slice.upper.is_none(),
                    step: one,
                    strided: step.is_some() && !one,
                }
            }
            Expr::ListComp(comp) => self.comprehension(env, &comp.elt, &comp.generators, SeqKind::List),
            Expr::Generator(comp) => self.comprehension(env, &comp.elt, &comp.generators, SeqKind::List),
            Expr::Starred(starred) => self.expr(env, &starred.value),
            Expr::Named(named) => self.expr(env, &named.value),
            Expr::Lambda(def) => V::Lambda(Rc::new(Lambda { def, env: env.clone() })),
            Expr::FString(string) => self.f_string(env, string),
            _ => unknown("an expression"),
        }
    }

    /// The text, if only texts, integers and the like are put into it as they are.
    fn f_string(&self, env: &Env<'db>, string: &'db ast::ExprFString) -> V<'db> {
        let mut text = String::new();
        for part in &string.value {
            let elements = match part {
                ast::FStringPart::Literal(literal) => {
                    text.push_str(&literal.value);
                    continue;
                }
                ast::FStringPart::FString(part) => &part.elements,
            };
            for element in elements {
                let put = match element {
                    ast::InterpolatedStringElement::Literal(literal) => {
                        text.push_str(&literal.value);
                        continue;
                    }
                    ast::InterpolatedStringElement::Interpolation(put) => put,
                };
                let plain = put.format_spec.is_none()
                    && put.debug_text.is_none()
                    && put.conversion == ast::ConversionFlag::None;
                match self.expr(env, &put.expression) {
                    V::Global(Global::Const(Const::Str(value))) if plain => text.push_str(&value),
                    V::Global(Global::Const(Const::Int(value))) if plain => text.push_str(&value.to_string()),
                    V::Unknown(why) => return V::Unknown(why),
                    _ => return unknown("a formatted text"),
                }
            }
        }
        constant(Const::Str(text.into()))
    }

    fn sequence(&self, env: &Env<'db>, kind: SeqKind, elts: &'db [Expr]) -> V<'db> {
        // The items of long tables are of one kind, and nobody needs their values.
        let mut items = Vec::with_capacity(elts.len().min(64));
        for elt in elts.iter().take(4096) {
            let value = self.expr(env, elt);
            if matches!(elt, Expr::Starred(_)) {
                match value.items() {
                    Some(more) => items.extend(more),
                    None => return unknown("an unpacked sequence"),
                }
            } else {
                items.push(value);
            }
        }
        V::Seq(kind, Rc::new(RefCell::new(items)))
    }

    fn dict(&self, env: &Env<'db>, dict: &'db ast::ExprDict) -> V<'db> {
        let mut items = Vec::new();
        for item in dict.items.iter().take(1024) {
            let value = self.expr(env, &item.value);
            match &item.key {
                Some(key) => items.push((self.expr(env, key), value)),
                None => match value {
                    V::Dict(more) => items.extend(more.borrow().iter().cloned()),
                    _ => return unknown("an unpacked dict"),
                },
            }
        }
        V::Dict(Rc::new(RefCell::new(items)))
    }

    fn compare(&self, env: &Env<'db>, compare: &'db ast::ExprCompare) -> V<'db> {
        let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return unknown("a comparison") };
        let (left, right) = (self.expr(env, &compare.left), self.expr(env, right));
        arith::compare(*op, &left, &right)
    }

    fn bool_op(&self, env: &Env<'db>, boolean: &'db ast::ExprBoolOp) -> V<'db> {
        let stops_at = boolean.op == ast::BoolOp::Or;
        let mut last = unknown("an expression");
        for value in &boolean.values {
            last = self.expr(env, value);
            match last.truth() {
                Some(truth) if truth == stops_at => return last,
                Some(_) => {}
                None => return unknown("a condition"),
            }
        }
        last
    }

    pub(in crate::hir) fn arguments(&self, env: &Env<'db>, arguments: &'db ast::Arguments) -> Args<'db> {
        let mut args = Args::default();
        for arg in &arguments.args {
            let value = self.expr(env, arg);
            if !matches!(arg, Expr::Starred(_)) {
                args.positional.push(value);
            } else if let Some(items) = value.items() {
                args.positional.extend(items);
            } else {
                args.open = true;
            }
        }
        for keyword in &arguments.keywords {
            let value = self.expr(env, &keyword.value);
            match &keyword.arg {
                Some(name) => args.keywords.push((name.as_str().into(), value)),
                None => match value {
                    V::Dict(items) => {
                        for (key, value) in items.borrow().iter() {
                            match key {
                                V::Global(Global::Const(Const::Str(name))) => {
                                    args.keywords.push((name.clone(), value.clone()));
                                }
                                _ => args.open = true,
                            }
                        }
                    }
                    _ => {
                        args.open = true;
                        if let Expr::Call(call) = &keyword.value {
                            args.within.extend(self.arguments(env, &call.arguments).keywords);
                        }
                    }
                },
            }
        }
        args
    }

    fn comprehension(
        &self,
        env: &Env<'db>,
        elt: &'db Expr,
        generators: &'db [ast::Comprehension],
        kind: SeqKind,
    ) -> V<'db> {
        let [generator] = generators else { return unknown("a nested comprehension") };
        let Some(items) = self.expr(env, &generator.iter).iterated() else {
            return unknown("a comprehension");
        };
        let mut out = Vec::new();
        for item in items.into_iter().take(256) {
            let frame = Frame {
                vars: RefCell::default(),
                parent: env.clone(),
                qualname: env.qualify("<listcomp>"),
                locals: Vec::new(),
            };
            let inner = Env::Frame(Rc::new(frame));
            if !self.assign(&inner, &generator.target, &item) {
                return unknown("a comprehension");
            }
            let mut keep = true;
            for test in &generator.ifs {
                match self.expr(&inner, test).truth() {
                    Some(truth) => keep &= truth,
                    None => return unknown("a condition"),
                }
            }
            if keep {
                out.push(self.expr(&inner, elt));
            }
        }
        V::Seq(kind, Rc::new(RefCell::new(out)))
    }

    /// `value[index]`
    fn subscript(&self, value: &V<'db>, index: &V<'db>) -> V<'db> {
        match value {
            V::Type(elem) => {
                array_type(elem, index).map_or_else(|| unknown("a subscript of a type"), V::Type)
            }
            V::Seq(_, items) => match index {
                V::Global(Global::Const(Const::Int(at))) => {
                    let items = items.borrow();
                    let len = i128::try_from(items.len()).unwrap_or(0);
                    let at = if at.get() < 0 { at.get() + len } else { at.get() };
                    usize::try_from(at)
                        .ok()
                        .and_then(|at| items.get(at).cloned())
                        .unwrap_or_else(|| unknown("an index"))
                }
                _ => unknown("an index"),
            },
            V::Dict(items) => match self.finish(index) {
                _ if matches!(index, V::Type(_)) => {
                    let items = items.borrow();
                    let found = items.iter().find(|(key, _)| extension::equal(key, index) == Some(true));
                    found.map_or_else(|| unknown("a key"), |(_, value)| value.clone())
                }
                Global::Const(wanted) => {
                    let same = |key: &V<'db>| matches!(self.finish(key), Global::Const(key) if key == wanted);
                    let items = items.borrow();
                    let found = items.iter().find(|(key, _)| same(key));
                    found.map_or_else(|| unknown("a key"), |(_, value)| value.clone())
                }
                _ => self.suppose(items.borrow().iter().map(|(_, value)| value.clone()).collect(), "a key"),
            },
            V::Global(Global::Const(Const::Tuple(items))) => match index {
                V::Global(Global::Const(Const::Int(at))) => {
                    let len = i128::try_from(items.len()).unwrap_or(0);
                    let at = if at.get() < 0 { at.get() + len } else { at.get() };
                    let item = usize::try_from(at).ok().and_then(|at| items.get(at).cloned());
                    item.map_or_else(|| unknown("an index"), constant)
                }
                _ => unknown("an index"),
            },
            V::Global(Global::Value(Ty::Array(array)))
                if matches!(index, V::Global(Global::Const(Const::Int(_)))) =>
            {
                // One index gives a row, or an element.
                match array.ndim {
                    Some(1) => V::Global(Global::Value(array.elem.clone())),
                    _ => arrays::subscript(&Ty::Array(array.clone()), index),
                }
            }
            V::Global(Global::Value(array @ Ty::Array(_))) => arrays::subscript(array, index),
            V::Unknown(why) => V::Unknown(why.clone()),
            _ => unknown("a subscript"),
        }
    }

    pub(in crate::hir) fn unknown_name(&self, name: &str) -> V<'db> {
        V::Unknown(Why::UnknownGlobal(name.into()))
    }

    /// The one value of several that may be meant, if what Numba makes of them is the same. A jit decorator wins
    /// over its stand-in for a Python without Numba.
    pub(in crate::hir) fn either(&self, values: Vec<V<'db>>) -> Option<V<'db>> {
        if let Some(jit) = values.iter().find(|value| value.is_jit()) {
            return Some(jit.clone());
        }
        // So does a parallel loop over a serial one.
        let is_prange = |value: &&V<'db>| matches!(value, V::Global(Global::Value(Ty::Function(path))) if &**path == "numba.prange");
        if let Some(prange) = values.iter().find(is_prange) {
            return Some(prange.clone());
        }
        // A decorator, too, that is a function of the project.
        let others: Vec<&V<'db>> = values.iter().filter(|value| !returns_its_argument(value)).collect();
        if let [decorator @ V::Function(_)] = others[..]
            && values.len() > 1
        {
            return Some(decorator.clone());
        }
        let mut finished = values.iter().map(|value| self.finish(value));
        let first = finished.next()?;
        let mut agreed = first;
        for other in finished {
            agreed = agree(agreed, other)?;
        }
        match (agreed, values.into_iter().next()) {
            (agreed @ (Global::Value(_) | Global::Const(_)), Some(V::Global(_))) => Some(V::Global(agreed)),
            (_, first) => first,
        }
    }
}

/// `def jit(f): return f`
fn returns_its_argument(value: &V<'_>) -> bool {
    let V::Function(function) = value else { return matches!(value, V::Identity) };
    let def = function.def;
    let Some(first) = def.parameters.posonlyargs.iter().chain(&def.parameters.args).next() else {
        return false;
    };
    let (docstring, rest) = match &def.body[..] {
        [ast::Stmt::Expr(first), rest @ ..] => (first.value.is_string_literal_expr(), rest),
        body => (true, body),
    };
    match rest {
        [ast::Stmt::Return(only)] => {
            let returned = only.value.as_deref().and_then(Expr::as_name_expr);
            docstring && returned.is_some_and(|name| name.id == first.parameter.name.id)
        }
        _ => false,
    }
}

fn number<'db>(number: &Number) -> V<'db> {
    match number {
        Number::Int(int) => match int.as_u64() {
            Some(int) => constant(Const::int(int)),
            None => match int.to_string().replace('_', "").parse::<i128>() {
                Ok(int) => constant(Const::int(int)),
                Err(_) => unknown("a large integer"),
            },
        },
        Number::Float(float) => constant(Const::float(*float)),
        Number::Complex { real, imag } => constant(Const::Complex(real.to_bits(), imag.to_bits())),
    }
}

/// `float64[:, ::1]`
fn array_type(elem: &Ty, index: &V<'_>) -> Option<Ty> {
    let steps: Vec<bool> = match index {
        V::Slice { full: true, step, .. } => vec![*step],
        V::Seq(SeqKind::Tuple, items) => items
            .borrow()
            .iter()
            .map(|item| match item {
                V::Slice { full: true, step, .. } => Some(*step),
                _ => None,
            })
            .collect::<Option<_>>()?,
        _ => return None,
    };
    let layout = match (steps.last()?, steps.first()?) {
        (true, _) => Layout::C,
        (_, true) => Layout::F,
        _ => Layout::A,
    };
    // `typeof(np.dtype([..]))[:]` is an array of records.
    let elem = match elem {
        Ty::DType(record) if matches!(**record, Ty::Record(_)) => record,
        elem => elem,
    };
    Some(crate::ty::parse::array_of(elem.clone(), Some(u8::try_from(steps.len()).ok()?), layout, false, true))
}
