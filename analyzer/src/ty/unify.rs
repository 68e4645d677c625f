//! The join of types: what a variable has that is assigned several of them.
//!
//! The order of attempts is Numba's: equality, the rule of the first type's class, the rule of the second's, a
//! promotion or safe conversion either way, and last both without their literals. Holes are kept where they stand:
//! the join of two lists is a list although an element type is unknown.

use std::sync::Arc;

use super::convert::{Conversion, array_view, can_convert};
use super::{
    ArrayTy, BufferKind, Const, DictTy, FloatTy, IntTy, IterTy, Layout, ListSource, Literal, Ty, Why,
};

/// The join of some types, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unified {
    Ty(Ty),
    /// Refused whatever the holes turn out to be.
    Clash,
}

impl Unified {
    pub fn ty(self) -> Option<Ty> {
        match self {
            Unified::Ty(ty) => Some(ty),
            Unified::Clash => None,
        }
    }
}

impl From<Option<Ty>> for Unified {
    fn from(joined: Option<Ty>) -> Unified {
        joined.map_or(Unified::Clash, Unified::Ty)
    }
}

/// The join of two types. Not symmetric: of two lists the first gives its initial value.
pub fn unify(a: &Ty, b: &Ty) -> Unified {
    join(a, b).into()
}

/// The join of types in order. Two known types that clash do so even beside a hole, since no third type rescues
/// them; the exceptions are a member of an `IntEnum`, which clashes with `int8` and joins with it by way of an
/// `int64`, and a named tuple, which clashes with a uniform tuple and joins with it by way of a mixed one.
pub fn unify_all(types: &[Ty]) -> Unified {
    let mut hole = None;
    let mut joined: Option<Ty> = None;
    let mut clash = false;
    for ty in types {
        if ty.is_hole() {
            hole = hole.or(Some(ty));
            continue;
        }
        joined = match joined {
            None => Some(ty.clone()),
            Some(joined) => join(&joined, ty),
        };
        if joined.is_none() {
            clash = true;
            break;
        }
    }
    let rescued = |ty: &Ty| ty.any(&mut |ty| ty.is_int_enum_member() || matches!(ty, Ty::NamedTuple(_)));
    match hole {
        Some(hole) if !clash || types.iter().any(rescued) => Unified::Ty(hole.clone()),
        _ if clash => Unified::Clash,
        _ => Unified::Ty(joined.unwrap_or(Ty::Undefined)),
    }
}

/// The type of a function that returns these, or of a container display with these elements: the narrow ones are
/// joined first. Without any it is `none`.
pub fn unify_returns(types: &[Ty]) -> Unified {
    let mut sorted: Vec<Ty> = Vec::with_capacity(types.len());
    for ty in types {
        if !sorted.contains(ty) {
            sorted.push(ty.clone());
        }
    }
    if sorted.is_empty() {
        return Unified::Ty(Ty::None);
    }
    sorted.sort_by_key(bit_width);
    unify_all(&sorted)
}

/// Numba's `bitwidth`, which only numbers and records have.
pub fn bit_width(ty: &Ty) -> u32 {
    match ty {
        Ty::Int(int) => int.bits(),
        Ty::Float(float) => float.bits(),
        Ty::Complex(complex) => complex.part().bits() * 2,
        Ty::Literal(Literal::Int(value)) => bit_width(&Ty::of_int(value.get())),
        Ty::Record(record) => record.size * 8,
        _ => 0,
    }
}

/// NumPy's `promote_types` of two numbers that are not literals; `bool` is not one of Numba's numbers.
pub fn promote(a: &Ty, b: &Ty) -> Option<Ty> {
    use Ty::{Complex, Float, Int};
    Some(match (a, b) {
        (Int(a), Int(b)) => promote_ints(*a, *b),
        (Float(a), Float(b)) => Float(*a.max(b)),
        (Float(float), Int(int)) | (Int(int), Float(float)) => Float(*float.max(&float_of_int(*int))),
        (Complex(a), Complex(b)) => Complex(*a.max(b)),
        (Complex(complex), Float(float)) | (Float(float), Complex(complex)) => {
            if *float == FloatTy::F64 {
                Ty::COMPLEX128
            } else {
                Complex(*complex)
            }
        }
        (Complex(complex), Int(int)) | (Int(int), Complex(complex)) => {
            if float_of_int(*int) == FloatTy::F64 {
                Ty::COMPLEX128
            } else {
                Complex(*complex)
            }
        }
        _ => return None,
    })
}

fn promote_ints(a: IntTy, b: IntTy) -> Ty {
    if a.signed() == b.signed() {
        return Ty::Int(if a.bits() >= b.bits() { a } else { b });
    }
    let (signed, unsigned) = if a.signed() { (a, b) } else { (b, a) };
    if signed.bits() > unsigned.bits() {
        return Ty::Int(signed);
    }
    IntTy::new(unsigned.bits() * 2, true).map_or(Ty::FLOAT64, Ty::Int)
}

/// The narrowest float that NumPy trusts with an integer.
fn float_of_int(int: IntTy) -> FloatTy {
    match int.bits() {
        8 => FloatTy::F16,
        16 => FloatTy::F32,
        _ => FloatTy::F64,
    }
}

fn join(a: &Ty, b: &Ty) -> Option<Ty> {
    if a == b {
        return Some(a.clone());
    }
    match (a, b) {
        (Ty::Poison, _) | (_, Ty::Poison) => return Some(Ty::Poison),
        (Ty::Hole(_), _) | (_, Ty::Undefined) => return Some(a.clone()),
        (_, Ty::Hole(_)) | (Ty::Undefined, _) => return Some(b.clone()),
        _ => {}
    }
    if let Some(joined) = own_rule(a, b).or_else(|| own_rule(b, a)) {
        return Some(joined);
    }
    if matches!(a, Ty::Opaque(_)) || matches!(b, Ty::Opaque(_)) {
        return Some(Ty::Hole(Why::NotModelled("a type known by its name only")));
    }
    if let Some(joined) = by_conversion(a, b).or_else(|| by_conversion(b, a)) {
        return Some(joined);
    }
    if is_literal(a) || is_literal(b) {
        let (plain_a, plain_b) = (unliteral(a)?, unliteral(b)?);
        return join(&plain_a, &plain_b);
    }
    equal_up_to_holes(a, b)
}

/// The target, if the source converts to it with a promotion or safely.
fn by_conversion(from: &Ty, to: &Ty) -> Option<Ty> {
    match can_convert(from, to)? {
        Conversion::Unsafe => None,
        Conversion::Possible => equal_up_to_holes(from, to).or_else(|| {
            let why = from.why().or_else(|| to.why());
            Some(Ty::Hole(why.unwrap_or(Why::NotModelled("a conversion that depends on what is unknown"))))
        }),
        Conversion::Exact | Conversion::Promote | Conversion::Safe => Some(to.clone()),
    }
}

fn is_literal(ty: &Ty) -> bool {
    matches!(ty, Ty::Literal(_) | Ty::LiteralList(_) | Ty::LiteralStrKeyDict(_))
}

/// Without its literals, as Numba's `unliteral`: tuples lose those of their members too. `None` for a display that
/// exists only as a literal and has no other form.
fn unliteral(ty: &Ty) -> Option<Ty> {
    Some(match ty {
        Ty::Tuple(items) => Ty::Tuple(items.iter().map(unliteral).collect::<Option<_>>()?),
        Ty::StarArgs(items) => Ty::StarArgs(items.iter().map(unliteral).collect::<Option<_>>()?),
        Ty::LiteralList(_) | Ty::LiteralStrKeyDict(_) => return None,
        Ty::Omitted(_) => ty.clone(),
        other => other.unliteral(),
    })
}

/// The rule that the class of `a` has, tried before any conversion.
fn own_rule(a: &Ty, b: &Ty) -> Option<Ty> {
    match a {
        Ty::Int(_) | Ty::Float(_) | Ty::Complex(_) | Ty::Literal(Literal::Int(_)) => {
            promote(&a.unliteral(), &b.unliteral()).filter(|_| is_arithmetic(b))
        }
        Ty::None => Some(optional_of(b)),
        Ty::Optional(inner) => {
            let other = if let Ty::Optional(other) = b { other } else { b };
            join(inner, other).map(|joined| optional_of(&joined))
        }
        Ty::Tuple(items) | Ty::StarArgs(items) => join_tuple(items, b),
        Ty::AnyTuple(member) => join_any_tuple(member, b),
        Ty::Array(_) | Ty::NestedArray(_) => join_array(&array_view(a)?, &array_view(b)?),
        Ty::List { .. } | Ty::LiteralList(_) | Ty::TypedList(_) | Ty::Set { .. } | Ty::TypedSet(_) => {
            join_sequence(a, b)
        }
        Ty::Dict(_) | Ty::LiteralStrKeyDict(_) => join_dict(a, b),
        Ty::Range(item) => match b {
            Ty::Range(other) => Some(range_of(promote_ints(*item, *other), Ty::Range)),
            _ => None,
        },
        Ty::Iter(iter) => match b {
            Ty::Iter(other) => join_iter(iter, other),
            _ => None,
        },
        Ty::Pair(pair) => match b {
            Ty::Pair(other) => Some(Ty::Pair(Arc::new((join(&pair.0, &other.0)?, join(&pair.1, &other.1)?)))),
            _ => None,
        },
        Ty::Method(method) => match b {
            Ty::Method(other) if method.1 == other.1 => {
                Some(Ty::Method(Arc::new((join(&method.0, &other.0)?, method.1.clone()))))
            }
            _ => None,
        },
        Ty::Dispatcher(_) | Ty::Closure(_) | Ty::Functions(_) => match b {
            Ty::Dispatcher(_) | Ty::Closure(_) | Ty::Functions(_) => Some(functions(a, b)),
            // Numba makes a function type of them, with a signature that depends on what was compiled before.
            Ty::FunctionType(_) => Some(Ty::Hole(Why::NotModelled("a function chosen at run time"))),
            _ => None,
        },
        _ => None,
    }
}

/// A choice between compiled functions.
fn functions(a: &Ty, b: &Ty) -> Ty {
    let members = |ty: &Ty| match ty {
        Ty::Functions(members) => members.to_vec(),
        ty => vec![ty.clone()],
    };
    let mut all = members(a);
    for member in members(b) {
        if !all.contains(&member) {
            all.push(member);
        }
    }
    all.sort_by_cached_key(Ty::to_string);
    Ty::Functions(all.into())
}

/// A number in Numba's sense: without the booleans.
fn is_arithmetic(ty: &Ty) -> bool {
    matches!(ty, Ty::Int(_) | Ty::Float(_) | Ty::Complex(_) | Ty::Literal(Literal::Int(_)))
}

fn optional_of(ty: &Ty) -> Ty {
    match unliteral(ty) {
        Some(plain) => Ty::optional(plain),
        None => Ty::Hole(Why::NotModelled("an optional literal list or dict")),
    }
}

fn range_of(item: Ty, make: impl Fn(IntTy) -> Ty) -> Ty {
    match item {
        Ty::Int(item) => make(item),
        _ => Ty::Hole(Why::NotModelled("a range of floats")),
    }
}

fn is_uniform(items: &[Ty]) -> bool {
    items.first().is_some_and(|first| items.iter().all(|item| item == first))
}

/// A uniform tuple joins only with uniform ones; any other tuple joins with all, named ones included, and the
/// result has no name.
fn join_tuple(items: &[Ty], b: &Ty) -> Option<Ty> {
    let uniform = is_uniform(items);
    let members: Vec<&Ty> = match b {
        Ty::Tuple(other) | Ty::StarArgs(other) => {
            if uniform && !is_uniform(other) {
                return None;
            }
            other.iter().collect()
        }
        Ty::NamedTuple(named) => {
            if uniform && !items[0].has_hole() {
                return None;
            }
            named.fields.iter().map(|(_, ty)| ty).collect()
        }
        _ => return None,
    };
    if items.len() != members.len() {
        return None;
    }
    items.iter().zip(members).map(|(a, b)| join(a, b)).collect::<Option<_>>().map(Ty::Tuple)
}

/// The length is the other's, or else a clash: it may be taken for granted.
fn join_any_tuple(member: &Ty, b: &Ty) -> Option<Ty> {
    match b {
        Ty::Tuple(items) | Ty::StarArgs(items) => {
            items.iter().map(|item| join(member, item)).collect::<Option<_>>().map(Ty::Tuple)
        }
        Ty::NamedTuple(_) => Some(Ty::AnyTuple(Arc::new(open()))),
        Ty::AnyTuple(other) => Some(Ty::AnyTuple(Arc::new(join(member, other).unwrap_or_else(open)))),
        _ => None,
    }
}

fn open() -> Ty {
    Ty::Hole(Why::NotModelled("a tuple of unknown length"))
}

/// Element type and rank are equal, or the other's element type is still undefined.
fn join_array(a: &ArrayTy, b: &ArrayTy) -> Option<Ty> {
    let ndim = match (a.ndim, b.ndim) {
        (Some(a), Some(b)) if a != b => return None,
        (a, b) => a.or(b),
    };
    let elem = if b.elem.is_precise() { equal_up_to_holes(&a.elem, &b.elem)? } else { a.elem.clone() };
    let layout = match (a.layout, b.layout) {
        (a, b) if a == b => a,
        (Layout::A, _) | (_, Layout::A) => Layout::A,
        (Layout::Hole, _) | (_, Layout::Hole) => Layout::Hole,
        _ => Layout::A,
    };
    Some(Ty::Array(Arc::new(ArrayTy {
        elem,
        ndim,
        layout,
        readonly: a.readonly || b.readonly,
        aligned: a.aligned && b.aligned,
        kind: BufferKind::Array,
    })))
}

/// Lists and sets join their elements; those of `numba.typed` never change an element type that is defined.
fn join_sequence(a: &Ty, b: &Ty) -> Option<Ty> {
    Some(match (a, b) {
        (Ty::List { elem, source }, Ty::List { elem: elem_b, source: source_b }) => Ty::List {
            elem: Arc::new(unliteral(&join(elem, elem_b)?)?),
            source: ListSource::new(
                source.is_reflected() || source_b.is_reflected(),
                source.iv().filter(|_| source_b.iv().is_some()).map(<[Const]>::to_vec),
            ),
        },
        (Ty::LiteralList(items), Ty::LiteralList(other)) if items.len() == other.len() => {
            Ty::LiteralList(items.iter().zip(other.iter()).map(|(a, b)| join(a, b)).collect::<Option<_>>()?)
        }
        (Ty::Set { elem, reflected }, Ty::Set { elem: elem_b, reflected: reflected_b }) => {
            Ty::Set { elem: Arc::new(join(elem, elem_b)?), reflected: *reflected || *reflected_b }
        }
        (Ty::TypedList(_), Ty::TypedList(elem)) | (Ty::TypedSet(_), Ty::TypedSet(elem))
            if **elem == Ty::Undefined =>
        {
            a.clone()
        }
        _ => return None,
    })
}

fn join_dict(a: &Ty, b: &Ty) -> Option<Ty> {
    match (a, b) {
        (Ty::Dict(first), Ty::Dict(second)) => {
            if second.key == Ty::Undefined || second.value == Ty::Undefined {
                return Some(a.clone());
            }
            // A hole is something else than nothing yet.
            if first.key == Ty::Undefined || first.value == Ty::Undefined {
                return Some(b.clone());
            }
            Some(Ty::Dict(Arc::new(DictTy {
                key: equal_up_to_holes(&first.key, &second.key)?,
                value: equal_up_to_holes(&first.value, &second.value)?,
                iv: first.iv.clone().filter(|iv| Some(iv) == second.iv.as_ref()),
            })))
        }
        // The keys are compared pairwise and the longer one is cut to the shorter.
        (Ty::LiteralStrKeyDict(items), Ty::LiteralStrKeyDict(other)) => {
            let pair = |((name, a), (name_b, b)): (&(_, Ty), &(_, Ty))| {
                if name != name_b {
                    return None;
                }
                Some((Arc::clone(name), join(a, b)?))
            };
            items.iter().zip(other.iter()).map(pair).collect::<Option<_>>().map(Ty::LiteralStrKeyDict)
        }
        _ => None,
    }
}

/// Iterators of ranges, lists, sets and uniform tuples join; all others have to be equal.
fn join_iter(a: &IterTy, b: &IterTy) -> Option<Ty> {
    let iter = |iter| Ty::Iter(Arc::new(iter));
    match (a, b) {
        (IterTy::Range(a), IterTy::Range(b)) => {
            Some(range_of(promote_ints(*a, *b), |item| iter(IterTy::Range(item))))
        }
        (IterTy::List(a), IterTy::List(b)) => join(a, b).map(|list| iter(IterTy::List(list))),
        (IterTy::Set(a), IterTy::Set(b)) => join(a, b).map(|set| iter(IterTy::Set(set))),
        (IterTy::Tuple(a), IterTy::Tuple(b)) => join(a, b).map(|tuple| iter(IterTy::Tuple(tuple))),
        _ => None,
    }
}

/// One type that both may be, `None` where they differ whatever the holes are. Where a type must not change, as the
/// element type of an array, this is the join.
pub(crate) fn equal_up_to_holes(a: &Ty, b: &Ty) -> Option<Ty> {
    if a == b {
        return Some(a.clone());
    }
    let same = equal_up_to_holes;
    let same_arc = |a: &Ty, b: &Ty| same(a, b).map(Arc::new);
    let same_all = |a: &[Ty], b: &[Ty]| -> Option<Arc<[Ty]>> {
        (a.len() == b.len()).then_some(())?;
        a.iter().zip(b).map(|(a, b)| same(a, b)).collect()
    };
    Some(match (a, b) {
        (_, Ty::Hole(_) | Ty::Poison) => a.clone(),
        (Ty::Hole(_) | Ty::Poison, _) => b.clone(),
        (Ty::Array(a), Ty::Array(b)) => return equal_arrays(a, b),
        (Ty::Tuple(a), Ty::Tuple(b)) => Ty::Tuple(same_all(a, b)?),
        (Ty::StarArgs(a), Ty::StarArgs(b)) => Ty::StarArgs(same_all(a, b)?),
        (Ty::AnyTuple(a), Ty::AnyTuple(b)) => Ty::AnyTuple(Arc::new(same(a, b).unwrap_or_else(open))),
        (Ty::AnyTuple(member), Ty::Tuple(items)) | (Ty::Tuple(items), Ty::AnyTuple(member)) => {
            Ty::Tuple(items.iter().map(|item| same(member, item)).collect::<Option<_>>()?)
        }
        (Ty::NamedTuple(a), Ty::NamedTuple(b)) if a.name == b.name && a.fields.len() == b.fields.len() => {
            let mut merged = (**a).clone();
            for (field, (name, ty)) in merged.fields.iter_mut().zip(&b.fields) {
                if field.0 != *name {
                    return None;
                }
                field.1 = same(&field.1, ty)?;
            }
            Ty::NamedTuple(Arc::new(merged))
        }
        (Ty::List { elem, source }, Ty::List { elem: elem_b, source: source_b }) if source == source_b => {
            Ty::List { elem: same_arc(elem, elem_b)?, source: source.clone() }
        }
        (Ty::Set { elem, reflected }, Ty::Set { elem: elem_b, reflected: reflected_b })
            if reflected == reflected_b =>
        {
            Ty::Set { elem: same_arc(elem, elem_b)?, reflected: *reflected }
        }
        (Ty::Dict(a), Ty::Dict(b)) if a.iv == b.iv => Ty::Dict(Arc::new(DictTy {
            key: same(&a.key, &b.key)?,
            value: same(&a.value, &b.value)?,
            iv: a.iv.clone(),
        })),
        (Ty::TypedList(a), Ty::TypedList(b)) => Ty::TypedList(same_arc(a, b)?),
        (Ty::TypedSet(a), Ty::TypedSet(b)) => Ty::TypedSet(same_arc(a, b)?),
        (Ty::Optional(a), Ty::Optional(b)) => Ty::Optional(same_arc(a, b)?),
        (Ty::NumberClass(a), Ty::NumberClass(b)) => Ty::NumberClass(same_arc(a, b)?),
        (Ty::DType(a), Ty::DType(b)) => Ty::DType(same_arc(a, b)?),
        (Ty::TypeRef(a), Ty::TypeRef(b)) => Ty::TypeRef(same_arc(a, b)?),
        (Ty::LiteralList(a), Ty::LiteralList(b)) => Ty::LiteralList(same_all(a, b)?),
        (Ty::Pair(a), Ty::Pair(b)) => Ty::Pair(Arc::new((same(&a.0, &b.0)?, same(&a.1, &b.1)?))),
        (Ty::Method(a), Ty::Method(b)) if a.1 == b.1 => {
            Ty::Method(Arc::new((same(&a.0, &b.0)?, a.1.clone())))
        }
        // Of the types left, those that may hide a hole are left open.
        (Ty::Iter(_), Ty::Iter(_))
        | (Ty::Closure(_), Ty::Closure(_))
        | (Ty::Generator(_), Ty::Generator(_))
        | (Ty::LiteralStrKeyDict(_), Ty::LiteralStrKeyDict(_))
            if a.has_hole() || b.has_hole() =>
        {
            Ty::Hole(a.why().or_else(|| b.why()).unwrap_or(Why::NotModelled("an iterator")))
        }
        _ => return None,
    })
}

fn equal_arrays(a: &ArrayTy, b: &ArrayTy) -> Option<Ty> {
    if a.kind != b.kind || a.readonly != b.readonly || a.aligned != b.aligned {
        return None;
    }
    let ndim = match (a.ndim, b.ndim) {
        (Some(a), Some(b)) if a != b => return None,
        (a, b) => a.or(b),
    };
    let layout = match (a.layout, b.layout) {
        (Layout::Hole, layout) | (layout, Layout::Hole) => layout,
        (a, b) if a == b => a,
        _ => return None,
    };
    let elem = equal_up_to_holes(&a.elem, &b.elem)?;
    Some(Ty::Array(Arc::new(ArrayTy { elem, ndim, layout, ..a.clone() })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole() -> Ty {
        Ty::Hole(Why::NotModelled("test"))
    }

    fn joined(a: &Ty, b: &Ty) -> Option<Ty> {
        unify(a, b).ty()
    }

    #[test]
    fn a_hole_stays_where_it_stands() {
        let open = Ty::list(hole());
        assert_eq!(joined(&open, &Ty::list(Ty::INT64)), Some(open.clone()));
        assert_eq!(joined(&open, &Ty::INT64), None);
        assert_eq!(joined(&hole(), &Ty::INT64), Some(hole()));
    }

    #[test]
    fn two_known_types_that_clash_do_so_beside_a_hole() {
        assert_eq!(unify_all(&[hole(), Ty::INT64, Ty::Str]), Unified::Clash);
        assert_eq!(unify_all(&[Ty::INT64, hole(), Ty::FLOAT64]), Unified::Ty(hole()));
    }

    #[test]
    fn an_array_of_unknown_elements_takes_those_of_the_other() {
        let open = Ty::array(hole(), 2, Layout::C);
        let known = Ty::array(Ty::FLOAT64, 2, Layout::F);
        assert_eq!(joined(&open, &known), Some(Ty::array(Ty::FLOAT64, 2, Layout::A)));
        assert_eq!(joined(&open, &Ty::array(Ty::FLOAT64, 1, Layout::C)), None);
    }

    #[test]
    fn a_path_without_return_makes_the_type_optional() {
        let returns = [Ty::None, Ty::FLOAT64, Ty::int_literal(1)];
        assert_eq!(unify_returns(&returns), Unified::Ty(Ty::optional(Ty::FLOAT64)));
        assert_eq!(unify_returns(&[Ty::int_literal(1), Ty::int_literal(1)]), Unified::Ty(Ty::int_literal(1)));
        assert_eq!(unify_returns(&[]), Unified::Ty(Ty::None));
    }
}
