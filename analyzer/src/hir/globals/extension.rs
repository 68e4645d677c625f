//! What a project's `@overload` and `@intrinsic` functions answer for argument types. They are run on types as Numba
//! runs them; an answer that hangs on something unknown is none.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::decorator::{Adds, Target, TypeClass};
use super::super::module::{Kernel, index, syntax};
use super::super::{Signature, extends};
use super::Global;
use super::eval::{Env, Eval};
use super::value::{Args, Function, V, constant, unknown};
use crate::db::{Db, SourceFile};
use crate::ty::{ArrayTy, BufferKind, Const, KernelRef, Layout, Literal, Name, Ty};

/// A call of a function that has overloads, or of an intrinsic, as a key of queries.
#[salsa::interned(debug)]
struct ExtensionCall<'db> {
    #[returns(ref)]
    kernel: KernelRef,
    #[returns(ref)]
    args: Vec<Ty>,
    #[returns(ref)]
    keywords: Vec<(Name, Ty)>,
}

/// The overloads that a function's decorators register: what is overloaded, and by what. A wrapper may give a function
/// itself as its overload.
#[salsa::tracked(returns(ref))]
fn registered<'db>(db: &'db dyn Db, kernel: Kernel<'db>) -> Vec<(Target, KernelRef)> {
    let of = kernel.of(db);
    let Some((def, scopes)) = syntax(db, of.clone()) else { return Vec::new() };
    if def.decorator_list.is_empty() {
        return Vec::new();
    }
    let eval = Eval::new(db);
    let env = Env::of_scopes(of.file, &scopes);
    eval.decorated(&Rc::new(Function { kernel: of.clone(), def, env }));
    eval.registered.take()
}

/// Whether a function's own decorators give it a compiled form that calls of it use.
pub fn overloads_itself(db: &dyn Db, kernel: &KernelRef) -> bool {
    let registered = registered(db, Kernel::new(db, kernel.bare()));
    registered.iter().any(|(target, _)| *target == Target::Function(kernel.bare()))
}

/// The functions of a file that `@overload` others of the project or add members to types: what is overloaded, and by
/// what.
#[salsa::tracked(returns(ref))]
fn overloads(db: &dyn Db, file: SourceFile) -> Vec<(Target, KernelRef)> {
    let mut found = Vec::new();
    let decorators = ["overload(", "overload_method(", "overload_attribute("];
    let has_decorator = |text: &str| decorators.iter().any(|decorator| text.contains(decorator));
    if !file.text(db).as_deref().is_some_and(has_decorator) {
        return found;
    }
    let mut ordinals: FxHashMap<&Name, u32> = FxHashMap::default();
    for (qualname, ..) in &index(db, file).functions {
        let next = ordinals.entry(qualname).or_default();
        let kernel = KernelRef::new(file, qualname.clone(), *next);
        *next += 1;
        found.extend(registered(db, Kernel::new(db, kernel)).iter().cloned());
    }
    found
}

#[salsa::tracked(returns(clone))]
fn implementation_query<'db>(
    db: &'db dyn Db,
    file: SourceFile,
    call: ExtensionCall<'db>,
) -> Option<KernelRef> {
    let target = call.kernel(db);
    let mut files = vec![target.file];
    files.extend((file != target.file).then_some(file));
    let own = registered(db, Kernel::new(db, target.clone())).iter();
    let mut candidates: Vec<&(Target, KernelRef)> = own.collect();
    candidates.extend(files.into_iter().flat_map(|file| overloads(db, file)));
    let target = Target::Function(target.clone());
    for (_, overload) in candidates.into_iter().filter(|(known, _)| *known == target) {
        match Eval::exact(db).chosen(overload, call.args(db), call.keywords(db)) {
            Chosen::None => {}
            Chosen::Implementation(implementation) => return Some(implementation),
            Chosen::Unknown => return None,
        }
    }
    None
}

/// What an overload answers for the types of a call.
enum Chosen {
    /// It is not for these types.
    None,
    Implementation(KernelRef),
    Unknown,
}

/// The function that Numba compiles for a call of an overloaded function of the project, if it is certain. `file` is
/// where the call stands.
pub fn implementation(
    db: &dyn Db,
    file: SourceFile,
    kernel: &KernelRef,
    args: &[Ty],
    keywords: &[(Name, Ty)],
) -> Option<KernelRef> {
    implementation_query(db, file, ExtensionCall::new(db, kernel.bare(), args.to_vec(), keywords.to_vec()))
}

/// A member of a type, with the arguments that a method is called with, as a key of queries.
#[salsa::interned(debug)]
struct AddedMember<'db> {
    #[returns(ref)]
    name: Name,
    /// The type whose member it is comes first.
    #[returns(ref)]
    args: Vec<Ty>,
    #[returns(ref)]
    keywords: Vec<(Name, Ty)>,
}

/// What adds a member of this name to a type, with the class that it adds it to. Numba asks only one of several.
fn adding<'db>(
    db: &'db dyn Db,
    file: SourceFile,
    on: &Ty,
    name: &str,
) -> Option<(&'db TypeClass, Adds, &'db KernelRef)> {
    let mut files = vec![file];
    files.extend(extends::registering(db, file).iter().filter(|other| **other != file));
    for (target, by) in files.into_iter().flat_map(|file| overloads(db, file)) {
        if let Target::Member(class, member, adds) = target
            && **member == *name
            && class.has(on)?
        {
            return Some((class, *adds, by));
        }
    }
    None
}

/// What the project adds to a type under a name.
pub fn added(db: &dyn Db, file: SourceFile, on: &Ty, name: &Name) -> Option<Adds> {
    adding(db, file, on, name).map(|(_, adds, _)| adds)
}

#[salsa::tracked(returns(clone))]
fn member_query<'db>(db: &'db dyn Db, file: SourceFile, member: AddedMember<'db>) -> Option<KernelRef> {
    let args = member.args(db);
    let (class, _, overload) = adding(db, file, args.first()?, member.name(db))?;
    let eval = Eval::exact(db);
    if let TypeClass::Project(file, name) = class
        && let V::Class(class) = eval.name(&Env::Module(*file), name)
    {
        eval.struct_class.replace(Some(class));
    }
    match eval.chosen(overload, args, member.keywords(db)) {
        Chosen::Implementation(implementation) => Some(implementation),
        Chosen::None | Chosen::Unknown => None,
    }
}

/// The function that Numba compiles for a member that the project adds to the type of the first argument.
pub fn added_member(
    db: &dyn Db,
    file: SourceFile,
    name: &Name,
    args: &[Ty],
    keywords: &[(Name, Ty)],
) -> Option<KernelRef> {
    member_query(db, file, AddedMember::new(db, name.clone(), args.to_vec(), keywords.to_vec()))
}

impl TypeClass {
    /// Whether a type is an instance of the class.
    fn has(&self, ty: &Ty) -> Option<bool> {
        match self {
            TypeClass::Library(class) => is_instance(ty, class),
            TypeClass::Project(_, class) => is_of_class(ty, class),
        }
    }
}

/// Whether a type is an instance of a class of the project, which is a struct's as far as types tell.
pub(super) fn is_of_class(ty: &Ty, class: &str) -> Option<bool> {
    match ty {
        Ty::StructRef(of) => Some(*of.name == *class),
        Ty::Opaque(_) | Ty::Hole(_) | Ty::Poison | Ty::Undefined => None,
        _ => Some(false),
    }
}

#[salsa::tracked(returns(clone))]
fn intrinsic_query<'db>(db: &'db dyn Db, call: ExtensionCall<'db>) -> Option<Signature> {
    let eval = Eval::exact(db);
    let context = [unknown("a typing context")];
    let answer = eval.run_on_types(call.kernel(db), call.args(db), call.keywords(db), &context)?;
    match answer.items()?.first()? {
        V::Signature(signature) => Some((**signature).clone()),
        _ => None,
    }
}

/// The signature that an intrinsic has for these arguments, if it is certain.
pub fn intrinsic(db: &dyn Db, kernel: &KernelRef, args: &[Ty], keywords: &[(Name, Ty)]) -> Option<Signature> {
    intrinsic_query(db, ExtensionCall::new(db, kernel.bare(), args.to_vec(), keywords.to_vec()))
}

impl<'db> Eval<'db> {
    fn chosen(&self, overload: &KernelRef, args: &[Ty], keywords: &[(Name, Ty)]) -> Chosen {
        match self.run_on_types(overload, args, keywords, &[]) {
            Some(V::Global(Global::Const(Const::None))) => Chosen::None,
            Some(made @ (V::Function(_) | V::Lambda(_))) => match self.finish(&made) {
                Global::Plain(implementation) => Chosen::Implementation(implementation),
                _ => Chosen::Unknown,
            },
            _ => Chosen::Unknown,
        }
    }

    /// An attribute of a struct's type: the types of its fields, or a property of its class.
    pub(super) fn struct_attribute(&self, ty: &Ty, attr: &str) -> V<'db> {
        let Ty::StructRef(fields) = ty else { return unknown("an attribute of a type") };
        if attr == "field_dict" {
            let of = |(name, ty): &(Name, Ty)| (constant(Const::Str(name.clone())), V::Type(ty.clone()));
            return V::Dict(Rc::new(RefCell::new(fields.fields.iter().map(of).collect())));
        }
        let class = self.struct_class.borrow().clone();
        match class.filter(|class| class.qualname == fields.name) {
            Some(class) => self.property(&class, attr, V::Type(ty.clone())),
            None => unknown("an attribute of a type"),
        }
    }

    /// Calls a function with types; literals come second, if without them it has no answer, or asks for them.
    fn run_on_types(
        &self,
        kernel: &KernelRef,
        args: &[Ty],
        keywords: &[(Name, Ty)],
        first: &[V<'db>],
    ) -> Option<V<'db>> {
        if args.iter().chain(keywords.iter().map(|(_, ty)| ty)).any(Ty::has_hole) {
            return None;
        }
        let (def, scopes) = syntax(self.db, kernel.clone())?;
        let env = Env::of_scopes(kernel.file, &scopes);
        let function = Rc::new(Function { kernel: kernel.clone(), def, env });
        let call = |plain: &dyn Fn(&Ty) -> Ty| {
            let mut given = Args::of(first.to_vec());
            given.positional.extend(args.iter().map(|ty| V::Type(plain(ty))));
            given.keywords.extend(keywords.iter().map(|(name, ty)| (name.clone(), V::Type(plain(ty)))));
            self.call(&V::Function(function.clone()), given)
        };
        let answer = call(&Ty::unliteral);
        let literal = |ty: &Ty| ty.unliteral() != *ty;
        let again = args.iter().chain(keywords.iter().map(|(_, ty)| ty)).any(literal)
            && (self.wants_literals.get() || matches!(answer, V::Global(Global::Const(Const::None))));
        Some(if again { call(&Ty::clone) } else { answer })
    }
}

/// An attribute of one of Numba's types, as functions that get types read them.
pub(super) fn type_attribute<'db>(ty: &Ty, attr: &str) -> V<'db> {
    let int = |value: usize| constant(Const::int(value));
    match (ty, attr) {
        (Ty::JitClass(class), "instance_type") => V::Type(Ty::JitClassInstance(class.clone())),
        (Ty::Array(array), "dtype") => V::Type(array.elem.clone()),
        (Ty::Array(array), "ndim") => match array.ndim {
            Some(ndim) => int(usize::from(ndim)),
            None => unknown("an attribute"),
        },
        (Ty::Array(array), "layout") => match array.layout {
            Layout::C => constant(Const::Str("C".into())),
            Layout::F => constant(Const::Str("F".into())),
            Layout::A => constant(Const::Str("A".into())),
            Layout::Hole => unknown("an attribute"),
        },
        (Ty::Array(_), "copy") => V::Method(Rc::new(V::Type(ty.clone())), attr.into()),
        (Ty::Complex(kind), "underlying_float") => V::Type(Ty::Float(kind.part())),
        (Ty::Array(array), "mutable") => constant(Const::Bool(!array.readonly)),
        (Ty::Record(_), "dtype") => V::Type(ty.clone()),
        (Ty::Record(record), "fields") => {
            let fields = record.fields.iter();
            let pairs =
                fields.map(|field| (constant(Const::Str(field.name.clone())), V::Type(field.ty.clone())));
            V::Dict(Rc::new(RefCell::new(pairs.collect())))
        }
        (Ty::NumberClass(of) | Ty::DType(of), "dtype") => V::Type((**of).clone()),
        (Ty::Int(kind), "bitwidth") => int(kind.bits() as usize),
        (Ty::Int(kind), "signed") => constant(Const::Bool(kind.signed())),
        (Ty::Float(kind), "bitwidth") => int(kind.bits() as usize),
        (Ty::List { elem, .. } | Ty::Set { elem, .. } | Ty::TypedList(elem), "dtype") => {
            V::Type((**elem).clone())
        }
        (Ty::TypedList(elem), "item_type") => V::Type((**elem).clone()),
        (Ty::Dict(dict), "key_type") => V::Type(dict.key.clone()),
        (Ty::Dict(dict), "value_type") => V::Type(dict.value.clone()),
        (Ty::Optional(inner), "type") => V::Type((**inner).clone()),
        (Ty::Literal(Literal::Int(value)), "literal_value") => constant(Const::Int(value.clone())),
        (Ty::Literal(Literal::Bool(value)), "literal_value") => constant(Const::Bool(*value)),
        (Ty::Literal(Literal::Str(value)), "literal_value") => constant(Const::Str(Name::clone(value))),
        (Ty::Tuple(items), "types") => Eval::tuple(items.iter().cloned().map(V::Type).collect()),
        (Ty::Tuple(items), "count") => int(items.len()),
        (Ty::Tuple(items), "dtype") if is_uniform(items) => V::Type(items[0].clone()),
        _ => unknown("an attribute of a type"),
    }
}

/// `array.copy(dtype=..., ndim=..., layout=..., readonly=...)`: another type of array.
pub(super) fn copied<'db>(array: &ArrayTy, args: &Args<'db>) -> V<'db> {
    let mut copy = array.clone();
    let names = ["dtype", "ndim", "layout", "readonly"];
    let positional = names.into_iter().zip(&args.positional);
    for (name, given) in positional.chain(args.keywords.iter().map(|(name, given)| (&**name, given))) {
        match (name, given) {
            ("dtype", V::Type(elem)) => copy.elem = elem.clone(),
            ("ndim", V::Global(Global::Const(Const::Int(ndim)))) => copy.ndim = u8::try_from(ndim.get()).ok(),
            ("layout", V::Global(Global::Const(Const::Str(layout)))) => {
                copy.layout = match &**layout {
                    "C" => Layout::C,
                    "F" => Layout::F,
                    _ => Layout::A,
                };
            }
            ("readonly", V::Global(Global::Const(Const::Bool(readonly)))) => copy.readonly = *readonly,
            (_, V::Global(Global::Const(Const::None))) => {}
            _ => return unknown("a type"),
        }
    }
    V::Type(Ty::Array(Arc::new(copy)))
}

fn is_uniform(items: &[Ty]) -> bool {
    items.split_first().is_some_and(|(first, rest)| rest.iter().all(|item| item == first))
}

/// Whether a type is an instance of a class of `numba.types`.
pub(super) fn is_instance(ty: &Ty, class: &str) -> Option<bool> {
    if ty.has_hole() || matches!(ty, Ty::Opaque(_) | Ty::Poison | Ty::Undefined) {
        return None;
    }
    let integer = matches!(ty, Ty::Int(_) | Ty::Literal(Literal::Int(_)));
    Some(match class {
        "Integer" => integer,
        "ArrayCompatible" => matches!(ty, Ty::Array(array) if array.kind == BufferKind::Array),
        "StructRef" => matches!(ty, Ty::StructRef(_)),
        "Float" => matches!(ty, Ty::Float(_)),
        "Complex" => matches!(ty, Ty::Complex(_)),
        "Number" => integer || matches!(ty, Ty::Float(_) | Ty::Complex(_)),
        "Boolean" => matches!(ty, Ty::Bool | Ty::Literal(Literal::Bool(_))),
        "Array" => matches!(ty, Ty::Array(array) if array.kind == BufferKind::Array),
        "BaseTuple" => matches!(ty, Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_)),
        "Tuple" => match ty {
            Ty::Tuple(items) => !is_uniform(items),
            Ty::StarArgs(_) | Ty::NamedTuple(_) => return None,
            _ => false,
        },
        "UniTuple" => match ty {
            Ty::Tuple(items) => is_uniform(items),
            Ty::StarArgs(_) | Ty::NamedTuple(_) => return None,
            _ => false,
        },
        "NoneType" => *ty == Ty::None,
        "Omitted" => matches!(ty, Ty::Omitted(_)),
        "Optional" => matches!(ty, Ty::Optional(_)),
        "UnicodeType" if !matches!(ty, Ty::Literal(Literal::Str(_))) => *ty == Ty::Str,
        "Literal" => matches!(ty, Ty::Literal(_)),
        "IntegerLiteral" => matches!(ty, Ty::Literal(Literal::Int(_))),
        "BooleanLiteral" => matches!(ty, Ty::Literal(Literal::Bool(_))),
        "StringLiteral" => matches!(ty, Ty::Literal(Literal::Str(_))),
        "List" => matches!(ty, Ty::List { .. }),
        "ListType" => matches!(ty, Ty::TypedList(_)),
        "DictType" => matches!(ty, Ty::Dict(_)),
        "Set" => matches!(ty, Ty::Set { .. }),
        "Dispatcher" => matches!(ty, Ty::Dispatcher(_)),
        "Record" => matches!(ty, Ty::Record(_)),
        "DType" => matches!(ty, Ty::DType(_)),
        _ => return None,
    })
}

/// Whether two values are equal, where that is certain.
pub(super) fn equal<'db>(a: &V<'db>, b: &V<'db>) -> Option<bool> {
    match (a, b) {
        (V::Type(a), V::Type(b)) if !a.has_hole() && !b.has_hole() => Some(a == b),
        (V::Type(_), V::Global(Global::Const(_))) | (V::Global(Global::Const(_)), V::Type(_)) => Some(false),
        (V::Global(Global::Const(Const::Str(a))), V::Global(Global::Const(Const::Str(b)))) => Some(a == b),
        (V::Global(Global::Const(Const::Int(a))), V::Global(Global::Const(Const::Int(b)))) => Some(a == b),
        (V::Global(Global::Const(Const::None)), V::Global(Global::Const(other)))
        | (V::Global(Global::Const(other)), V::Global(Global::Const(Const::None))) => {
            Some(*other == Const::None)
        }
        _ => None,
    }
}

/// `a in b`, where that is certain.
pub(super) fn contains<'db>(a: &V<'db>, b: &V<'db>) -> Option<bool> {
    let answers: Vec<Option<bool>> = b.items()?.iter().map(|item| equal(a, item)).collect();
    if answers.contains(&Some(true)) {
        return Some(true);
    }
    answers.iter().all(|answer| *answer == Some(false)).then_some(false)
}
