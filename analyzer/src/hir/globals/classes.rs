//! Classes of the project: named tuples, enums, exceptions, jitclasses, and ordinary ones.

use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::super::JitKind;
use super::super::extends::extends;
use super::Global;
use super::eval::Eval;
use super::imports::Module;
use super::library::as_type;
use super::structs;
use super::value::{Args, Class, Function, V, unknown, value};
use crate::ty::{Const, EnumTy, Name, NamedTupleTy, Ty, Why};

/// What a class is to Numba.
enum Kind {
    NamedTuple,
    /// A class below that of a named tuple, which Numba makes with the fields of that.
    BelowNamedTuple(Arc<NamedTupleTy>),
    Enum {
        int: bool,
    },
    Exception,
    Ordinary,
    Unknown(Why),
}

impl<'db> Eval<'db> {
    /// A class with its decorators applied: `jitclass` matters, others leave the class what it is.
    pub(in crate::hir) fn decorated_class(&self, class: &Rc<Class<'db>>) -> V<'db> {
        for decorator in class.def.decorator_list.iter().rev() {
            if let V::Jit(jit) = self.expr(&class.env, &decorator.expression)
                && jit.kind == JitKind::JitClassMethod
            {
                return self.jitclass(class, &jit.spec);
            }
        }
        V::Class(class.clone())
    }

    /// The type object of a jitclass: the fields of its spec, then those that only annotations give.
    pub(in crate::hir) fn jitclass(&self, class: &Rc<Class<'db>>, spec: &[(Name, Ty)]) -> V<'db> {
        let mut fields = spec.to_vec();
        for stmt in &class.def.body {
            if let Stmt::AnnAssign(field) = stmt
                && let Expr::Name(name) = &*field.target
                && !fields.iter().any(|(known, _)| **known == *name.id.as_str())
            {
                let ty = annotation(self, &self.expr(&class.env, &field.annotation));
                fields.push((name.id.as_str().into(), ty));
            }
        }
        let inherits = class.def.arguments.as_ref().is_some_and(|arguments| !arguments.args.is_empty());
        if inherits && !fields.iter().any(|(name, _)| &**name == UNREAD) {
            fields.push((UNREAD.into(), unread()));
        }
        let module = self.module_name_of(&Module::Project(class.file));
        let path = format!("{module}:{}", class.qualname).into();
        value(Ty::JitClass(Arc::new((path, fields))))
    }

    pub(in crate::hir) fn finish_class(&self, class: &Rc<Class<'db>>) -> Global {
        let name: Name = class.def.name.as_str().into();
        if let Some(ty) = structs::class(self, class) {
            return Global::Value(ty);
        }
        match self.class_kind(class, 0) {
            Kind::NamedTuple => Global::Value(Ty::NamedTupleClass(Arc::new(self.named_fields(class)))),
            Kind::BelowNamedTuple(above) => {
                let class = NamedTupleTy { name, fields: above.fields.clone() };
                Global::Value(Ty::NamedTupleClass(Arc::new(class)))
            }
            Kind::Enum { int } => match self.enum_base(class) {
                Some(base) => Global::Value(Ty::EnumClass(Arc::new(EnumTy { class: name, base, int }))),
                None => Global::Unknown(Why::NotModelled("the values of an enum")),
            },
            Kind::Exception => Global::Value(Ty::ExceptionClass(class.qualname.clone())),
            Kind::Ordinary => Global::Class(class.qualname.clone()),
            Kind::Unknown(why) => {
                structs::class_of_package(self, class).map_or(Global::Unknown(why), Global::Value)
            }
        }
    }

    /// The fields that the annotations of a class below `typing.NamedTuple` make.
    fn named_fields(&self, class: &Class<'db>) -> NamedTupleTy {
        let fields = class.def.body.iter().filter_map(|stmt| {
            let Stmt::AnnAssign(field) = stmt else { return None };
            let Expr::Name(name) = &*field.target else { return None };
            let default = field.value.as_deref().map(|value| self.expr(&class.env, value));
            let ty = default.map_or(NO_DEFAULT, |default| default_type(self, &default));
            Some((Name::from(name.id.as_str()), ty))
        });
        NamedTupleTy { name: class.def.name.as_str().into(), fields: fields.collect() }
    }

    /// What a class below that of a named tuple is: how it is made may be its own.
    fn below_named_tuple(&self, class: &Class<'db>, above: Arc<NamedTupleTy>) -> Kind {
        let makes = |stmt: &Stmt| matches!(stmt, Stmt::FunctionDef(def) if matches!(def.name.as_str(), "__new__" | "__init__"));
        match class.def.body.iter().any(makes) {
            true => Kind::Unknown(Why::NotModelled("a named tuple made in its own way")),
            false => Kind::BelowNamedTuple(above),
        }
    }

    fn class_kind(&self, class: &Class<'db>, depth: u32) -> Kind {
        // What Numba finds in an object by its name or by what is registered for its class.
        let marked = class.def.body.iter().any(|stmt| match stmt {
            Stmt::FunctionDef(def) => matches!(def.name.as_str(), "_numba_type_" | "__wrapper_address__"),
            Stmt::Assign(assign) => assign
                .targets
                .iter()
                .any(|target| matches!(target, Expr::Name(name) if name.id.as_str() == "_numba_type_")),
            _ => false,
        });
        if marked || extends(self.db, class.file, &class.qualname) {
            return Kind::Unknown(Why::NotModelled("a class that the project gives a type"));
        }
        let Some(arguments) = &class.def.arguments else { return Kind::Ordinary };
        for base in &arguments.args {
            let kind = match self.expr(&class.env, base) {
                V::Global(Global::Value(Ty::ExceptionClass(_))) => Kind::Exception,
                V::Global(Global::Value(Ty::NamedTupleClass(above))) => self.below_named_tuple(class, above),
                V::Global(Global::Value(Ty::Function(path))) => match &*path {
                    "typing.NamedTuple" => Kind::NamedTuple,
                    "enum.Enum" | "enum.Flag" | "enum.StrEnum" => Kind::Enum { int: false },
                    "enum.IntEnum" | "enum.IntFlag" => Kind::Enum { int: true },
                    "builtins.object" | "abc.ABC" | "typing.Generic" | "typing.Protocol" => Kind::Ordinary,
                    // A type of Numba's own, an array, a number ...: each may have a type that is inherited.
                    _ => Kind::Unknown(Why::NotModelled("a class of this base")),
                },
                V::Class(base) if depth < 8 => match self.class_kind(&base, depth + 1) {
                    Kind::NamedTuple => self.below_named_tuple(class, Arc::new(self.named_fields(&base))),
                    Kind::BelowNamedTuple(above) => self.below_named_tuple(class, above),
                    kind => kind,
                },
                V::Unknown(why) => Kind::Unknown(why),
                V::Global(Global::Class(_) | Global::Const(_)) => Kind::Ordinary,
                _ => Kind::Unknown(Why::NotModelled("a class of this base")),
            };
            if !matches!(kind, Kind::Ordinary) {
                return kind;
            }
        }
        Kind::Ordinary
    }

    /// The type of an enum's values, if they have one.
    fn enum_base(&self, class: &Class<'db>) -> Option<Ty> {
        let mut base: Option<Ty> = None;
        for stmt in &class.def.body {
            let Stmt::Assign(assign) = stmt else { continue };
            let ty = match self.expr(&class.env, &assign.value) {
                V::Global(Global::Const(value)) => Ty::of_const(&value).unliteral(),
                V::Global(Global::Scalar(ty, _)) => ty,
                // `auto()` counts.
                V::Unknown(_) if is_auto(&assign.value) => Ty::INT64,
                _ => return None,
            };
            match &base {
                Some(known) if *known != ty => return None,
                _ => base = Some(ty),
            }
        }
        base
    }

    /// The value of an enum's member.
    pub(in crate::hir) fn enum_value(&self, class: &Class<'db>, name: &str) -> Option<Const> {
        let mut last = 0;
        for stmt in &class.def.body {
            let Stmt::Assign(assign) = stmt else { continue };
            let value = match self.expr(&class.env, &assign.value) {
                V::Global(Global::Const(value) | Global::Scalar(_, value)) => value,
                V::Unknown(_) if is_auto(&assign.value) => Const::int(last + 1),
                _ => return None,
            };
            if let Const::Int(int) = &value {
                last = int.get();
            }
            let named = |target: &Expr| matches!(target, Expr::Name(target) if target.id.as_str() == name);
            if assign.targets.iter().any(named) {
                return Some(value);
            }
        }
        None
    }

    /// Whether an enum's class assigns a name; `None` if its body does more than assign.
    pub(in crate::hir) fn enum_has(&self, class: &Class<'db>, member: &str) -> Option<bool> {
        if !class.def.decorator_list.is_empty() {
            return None;
        }
        for base in class.def.arguments.iter().flat_map(|arguments| &arguments.args) {
            if !matches!(self.expr(&class.env, base), V::Global(Global::Value(Ty::Function(_)))) {
                return None;
            }
        }
        let mut found = false;
        for stmt in &class.def.body {
            match stmt {
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        let Expr::Name(name) = target else { return None };
                        found |= name.id.as_str() == member;
                    }
                }
                Stmt::FunctionDef(_) | Stmt::Expr(_) | Stmt::Pass(_) => {}
                _ => return None,
            }
        }
        Some(found)
    }

    /// `Class.name`
    pub(in crate::hir) fn class_attribute(&self, class: &Rc<Class<'db>>, name: &str) -> V<'db> {
        if let Global::Value(Ty::EnumClass(of)) = self.finish_class(class) {
            return value(Ty::EnumMember(of));
        }
        let found = class.def.body.iter().rev().find_map(|stmt| match stmt {
            Stmt::Assign(assign) => assign
                .targets
                .iter()
                .any(|target| matches!(target, Expr::Name(target) if target.id.as_str() == name))
                .then_some(&*assign.value),
            Stmt::AnnAssign(assign) => match (&*assign.target, &assign.value) {
                (Expr::Name(target), Some(value)) if target.id.as_str() == name => Some(&**value),
                _ => None,
            },
            _ => None,
        });
        let method = || {
            class.def.body.iter().rev().find_map(|stmt| match stmt {
                Stmt::FunctionDef(def) if def.name.as_str() == name => Some(self.method(class, def)),
                _ => None,
            })
        };
        let found = found.map(|found| self.expr(&class.env, found)).or_else(method);
        found.unwrap_or_else(|| unknown("an attribute of a class"))
    }

    /// What a property of a class gives for an instance.
    pub(super) fn property(&self, class: &Rc<Class<'db>>, name: &str, of: V<'db>) -> V<'db> {
        let mut defs = class.def.body.iter().rev().filter_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if def.name.as_str() == name => Some(def),
            _ => None,
        });
        let is_property = |def: &&StmtFunctionDef| match &def.decorator_list[..] {
            [only] => matches!(&only.expression, Expr::Name(name) if name.id.as_str() == "property"),
            _ => false,
        };
        let Some(def) = defs.next().filter(is_property) else { return unknown("an attribute of a class") };
        let qualname = format!("{}.{}", class.qualname, def.name).into();
        let kernel = self.kernel_of(class.file, qualname, def);
        let getter = V::Function(Rc::new(Function { kernel, def, env: class.env.clone() }));
        self.call(&getter, Args::of(vec![of]))
    }

    /// A function of a class's body with its decorators, as the class has it: not bound to an instance.
    fn method(&self, class: &Class<'db>, def: &'db StmtFunctionDef) -> V<'db> {
        let qualname = format!("{}.{}", class.qualname, def.name).into();
        let kernel = self.kernel_of(class.file, qualname, def);
        self.decorated(&Rc::new(Function { kernel, def, env: class.env.clone() }))
    }

    pub(in crate::hir) fn call_class(&self, class: &Rc<Class<'db>>, args: &Args<'db>) -> V<'db> {
        match self.finish_class(class) {
            Global::Value(Ty::NamedTupleClass(named)) => named_tuple(self, &named, args),
            Global::Class(name) => V::Global(Global::Instance(name)),
            _ => unknown("a call of a class"),
        }
    }

    /// Whether calling an ordinary class certainly makes an object that Numba has no type for.
    pub(in crate::hir) fn makes_objects(&self, class: &Class<'db>, depth: u32) -> bool {
        let news = class.def.body.iter().any(
            |stmt| matches!(stmt, Stmt::FunctionDef(def) if matches!(def.name.as_str(), "__new__" | "__class_getitem__")),
        );
        let known_decorator = |decorator: &ruff_python_ast::Decorator| {
            let called = match &decorator.expression {
                Expr::Call(call) => &*call.func,
                other => other,
            };
            let name = match called {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => return false,
            };
            matches!(name, "dataclass" | "total_ordering" | "final" | "define" | "frozen" | "attrs")
        };
        let base_makes = |base: &'db Expr| match self.expr(&class.env, base) {
            V::Class(base) => depth < 8 && self.makes_objects(&base, depth + 1),
            V::Global(Global::Value(Ty::Function(path))) => &*path == "builtins.object",
            _ => false,
        };
        let plain_bases =
            class.def.arguments.as_ref().is_none_or(|arguments| {
                arguments.keywords.is_empty() && arguments.args.iter().all(base_makes)
            });
        !news && plain_bases && class.def.decorator_list.iter().all(known_decorator)
    }
}

fn is_auto(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Name(name) => name.id.as_str() == "auto",
            Expr::Attribute(attribute) => attribute.attr.as_str() == "auto",
            _ => false,
        },
        _ => false,
    }
}

/// The type that an annotation of a jitclass gives its field.
fn annotation<'db>(eval: &Eval<'db>, annotation: &V<'db>) -> Ty {
    match annotation {
        V::Global(Global::Value(Ty::Function(path))) => match &**path {
            "builtins.float" => Ty::FLOAT64,
            "builtins.int" => Ty::INT64,
            "builtins.bool" => Ty::Bool,
            "builtins.complex" => Ty::COMPLEX128,
            "builtins.str" => Ty::Str,
            _ => Ty::Hole(Why::NotModelled("an annotation")),
        },
        V::Global(Global::Value(Ty::NumberClass(ty))) => (**ty).clone(),
        other => as_type(eval, other).unwrap_or(Ty::Hole(Why::NotModelled("an annotation"))),
    }
}

/// Stands among the fields of a jitclass for those that nobody could read.
pub(crate) const UNREAD: &str = "?";

fn unread() -> Ty {
    Ty::Hole(Why::NotModelled("a field of a jitclass"))
}

/// The fields of a jitclass's spec: a list of pairs or a dict.
pub(in crate::hir) fn spec<'db>(eval: &Eval<'db>, spec: &V<'db>) -> Vec<(Name, Ty)> {
    let field = |name: &V<'db>, ty: &V<'db>| {
        let ty = as_type(eval, ty).unwrap_or_else(unread);
        name.as_str().map_or_else(|| (UNREAD.into(), unread()), |name| (name.clone(), ty))
    };
    match spec {
        V::Dict(items) => items.borrow().iter().map(|(name, ty)| field(name, ty)).collect(),
        V::Seq(_, items) => items
            .borrow()
            .iter()
            .map(|item| match item.items().as_deref() {
                Some([name, ty]) => field(name, ty),
                _ => (UNREAD.into(), unread()),
            })
            .collect(),
        _ => vec![(UNREAD.into(), unread())],
    }
}

/// The type of a field of a named tuple's class that must be given. Other fields have the type of their default.
pub(crate) const NO_DEFAULT: Ty = Ty::Hole(Why::NotModelled("a field of a named tuple's class"));

fn default_type<'db>(eval: &Eval<'db>, default: &V<'db>) -> Ty {
    let ty = eval.finish(default).ty().map(|ty| ty.unliteral());
    ty.unwrap_or(Ty::Hole(Why::NotModelled("a default of a named tuple")))
}

/// The class of a named tuple whose last fields have these defaults.
pub(super) fn with_defaults<'db>(eval: &Eval<'db>, class: &NamedTupleTy, defaults: &V<'db>) -> V<'db> {
    let mut class = class.clone();
    match defaults.items() {
        Some(items) => {
            for ((_, field), default) in class.fields.iter_mut().rev().zip(items.iter().rev()) {
                *field = default_type(eval, default);
            }
        }
        None => {
            for (_, field) in &mut class.fields {
                *field = Ty::Hole(Why::NotModelled("a default of a named tuple"));
            }
        }
    }
    value(Ty::NamedTupleClass(Arc::new(class)))
}

/// `namedtuple("P", "x y")`, `NamedTuple("P", [("x", int)])`
pub(super) fn namedtuple_call<'db>(eval: &Eval<'db>, args: &Args<'db>) -> V<'db> {
    let name = args.get(0, "typename").and_then(V::as_str).cloned();
    let fields = args.get(1, "field_names").or_else(|| args.get(1, "fields"));
    let (Some(name), Some(fields)) = (name, fields) else { return unknown("the class of a named tuple") };
    let names: Option<Vec<Name>> = match fields.as_str() {
        Some(text) => Some(
            text.split(|c: char| c == ',' || c.is_whitespace())
                .filter(|name| !name.is_empty())
                .map(Name::from)
                .collect(),
        ),
        None => fields.items().and_then(|items| {
            items
                .iter()
                .map(|item| match item.as_str() {
                    Some(name) => Some(name.clone()),
                    None => item.items()?.first()?.as_str().cloned(),
                })
                .collect()
        }),
    };
    match names {
        Some(names) => {
            let fields = names.into_iter().map(|name| (name, NO_DEFAULT)).collect();
            let class = NamedTupleTy { name, fields };
            match args.keyword("defaults") {
                Some(V::Global(Global::Const(crate::ty::Const::None))) | None => {
                    value(Ty::NamedTupleClass(Arc::new(class)))
                }
                Some(defaults) => with_defaults(eval, &class, defaults),
            }
        }
        None => unknown("the class of a named tuple"),
    }
}

/// An instance of a named tuple's class.
pub(super) fn named_tuple<'db>(eval: &Eval<'db>, class: &NamedTupleTy, args: &Args<'db>) -> V<'db> {
    if args.open {
        return unknown("the arguments of a call");
    }
    let fields: Option<Vec<(Name, Ty)>> = class
        .fields
        .iter()
        .enumerate()
        .map(|(at, (name, default))| {
            let ty = match args.get(at, name) {
                Some(given) => eval.finish(given).ty()?.unliteral(),
                None if *default != NO_DEFAULT => default.clone(),
                None => return None,
            };
            Some((name.clone(), ty))
        })
        .collect();
    match fields {
        Some(fields) => value(Ty::NamedTuple(Arc::new(NamedTupleTy { name: class.name.clone(), fields }))),
        None => unknown("a named tuple"),
    }
}
