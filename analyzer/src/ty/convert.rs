//! Conversion of one type to another, and the choice among concrete signatures that rests on it.
//!
//! The table of scalars is data that Numba computes at start-up; the other kinds of types have a rule each. A rule
//! that depends on a hole answers [`Conversion::Possible`]: some filling converts, so nobody may refuse.

use super::{ArrayTy, BufferKind, FloatTy, IntTy, Layout, Literal, NamedTupleTy, RecordTy, Ty};

/// How well one type converts to another, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Conversion {
    Exact,
    Promote,
    Safe,
    Unsafe,
    /// A hole decides, and at least one filling converts. Callers treat it as a conversion of unknown quality.
    Possible,
}

use Conversion::{Exact, Possible, Promote, Safe, Unsafe};

/// The conversion from one type to another, `None` where Numba has none.
pub fn can_convert(from: &Ty, to: &Ty) -> Option<Conversion> {
    if from.is_hole() || to.is_hole() {
        return Some(Possible);
    }
    if let (Some(from), Some(to)) = (scalar_index(from), scalar_index(to)) {
        return scalar_conversion(from, to);
    }
    if from == to || same_class(from, to) {
        return Some(Exact);
    }
    if matches!(from, Ty::Opaque(_)) || matches!(to, Ty::Opaque(_)) {
        return Some(Possible);
    }
    let forward = convert_to(from, to);
    let backward = convert_from(from, to);
    match (forward, backward) {
        (Some(forward), Some(backward)) => Some(forward.min(backward)),
        (forward, backward) => forward.or(backward),
    }
}

/// Whether two named tuples are of one class, where a spelling did not tell the names of one's fields.
fn same_class(a: &Ty, b: &Ty) -> bool {
    let (Ty::NamedTuple(a), Ty::NamedTuple(b)) = (a, b) else { return false };
    let unnamed = |tuple: &NamedTupleTy| tuple.fields.iter().all(|(name, _)| name.is_empty());
    let types = |tuple: &NamedTupleTy| tuple.fields.iter().map(|(_, ty)| ty.clone()).collect::<Vec<_>>();
    a.name == b.name && (unnamed(a) || unnamed(b)) && types(a) == types(b)
}

/// The first of the best candidates for these arguments, or `None` where no candidate takes them.
///
/// The best has the fewest unsafe conversions, then the fewest safe ones, then the fewest promotions. Where holes
/// leave several candidates open, see [`selectable`].
pub fn select(args: &[Ty], candidates: &[&[Ty]], allow_unsafe: bool) -> Option<usize> {
    rated(args, candidates, allow_unsafe).min_by_key(|(rating, _)| *rating).map(|(_, index)| index)
}

/// Every candidate that [`select`] may choose for some filling of the holes in `args`, in order. Empty where Numba
/// refuses the call whatever the holes are; one where they do not matter.
pub fn selectable(args: &[Ty], candidates: &[&[Ty]], allow_unsafe: bool) -> Vec<usize> {
    if args.iter().any(Ty::has_hole) {
        return rated(args, candidates, allow_unsafe).map(|(_, index)| index).collect();
    }
    select(args, candidates, allow_unsafe).into_iter().collect()
}

/// Counts of (possible, unsafe, safe, promote) conversions, and the candidate.
type Rated = ([u32; 4], usize);

fn rated<'a>(
    args: &'a [Ty],
    candidates: &'a [&'a [Ty]],
    allow_unsafe: bool,
) -> impl Iterator<Item = Rated> + 'a {
    candidates
        .iter()
        .enumerate()
        .filter_map(move |(index, formal)| Some((rate(args, formal, allow_unsafe)?, index)))
}

fn rate(args: &[Ty], formal: &[Ty], allow_unsafe: bool) -> Option<[u32; 4]> {
    if args.len() != formal.len() {
        return None;
    }
    let mut rating = [0; 4];
    for (arg, param) in args.iter().zip(formal) {
        match can_convert(arg, param)? {
            Exact => {}
            Promote => rating[3] += 1,
            Safe => rating[2] += 1,
            Unsafe if allow_unsafe => rating[1] += 1,
            Unsafe => return None,
            Possible => rating[0] += 1,
        }
    }
    Some(rating)
}

/// Row is the source, column the target, both in the order of [`scalar_index`]; `=` exact, `p` promote, `s` safe,
/// `u` unsafe. That `uint16` goes to `float32` unsafely while `int16` goes safely is Numba's.
const SCALARS: [&[u8; 14]; 14] = [
    b"=sssssssssssss",
    b"u=pppuuuusssss",
    b"uu=ppuuuuussss",
    b"uuu=puuuuuusus",
    b"uuuu=uuuuuusus",
    b"uusss=pppussss",
    b"uuussu=ppuusus",
    b"uuuusuu=puusus",
    b"uuuuuuuu=uusus",
    b"uuuuuuuuu=ppss",
    b"uuuuuuuuuu=pss",
    b"uuuuuuuuuuu=us",
    b"............=p",
    b"............u=",
];

/// How many types [`scalar_index`] numbers.
pub(crate) const SCALAR_KINDS: usize = SCALARS.len();

/// The number of a plain scalar type.
pub(crate) fn scalar_index(ty: &Ty) -> Option<usize> {
    Some(match ty {
        Ty::Bool => 0,
        Ty::Int(IntTy::I8) => 1,
        Ty::Int(IntTy::I16) => 2,
        Ty::Int(IntTy::I32) => 3,
        Ty::Int(IntTy::I64) => 4,
        Ty::Int(IntTy::U8) => 5,
        Ty::Int(IntTy::U16) => 6,
        Ty::Int(IntTy::U32) => 7,
        Ty::Int(IntTy::U64) => 8,
        Ty::Float(FloatTy::F16) => 9,
        Ty::Float(FloatTy::F32) => 10,
        Ty::Float(FloatTy::F64) => 11,
        Ty::Complex(complex) => match complex.part() {
            FloatTy::F32 => 12,
            _ => 13,
        },
        _ => return None,
    })
}

fn scalar_conversion(from: usize, to: usize) -> Option<Conversion> {
    match SCALARS[from][to] {
        b'=' => Some(Exact),
        b'p' => Some(Promote),
        b's' => Some(Safe),
        b'u' => Some(Unsafe),
        _ => None,
    }
}

/// What the source's own class says.
fn convert_to(from: &Ty, to: &Ty) -> Option<Conversion> {
    match from {
        Ty::Literal(Literal::Int(_) | Literal::Bool(_)) => {
            can_convert(&from.unliteral(), to).map(|conversion| conversion.max(Promote))
        }
        Ty::Literal(Literal::Str(_)) => (*to == Ty::Str).then_some(Safe),
        Ty::EnumMember(of) if of.int => can_convert(&of.base, to).map(|conversion| conversion.max(Safe)),
        Ty::Optional(inner) => match to {
            Ty::Optional(other) => can_convert(inner, other),
            _ => can_convert(inner, to).map(|conversion| conversion.max(Safe)),
        },
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::AnyTuple(_) => convert_tuple(from, to),
        Ty::Array(_) | Ty::NestedArray(_) => convert_array(&array_view(from)?, &array_view(to)?),
        Ty::UnicodeChars(_) => matches!(to, Ty::UnicodeChars(_)).then_some(Safe),
        Ty::Record(record) => match to {
            Ty::Record(other) => is_prefix(other, record).then_some(Safe),
            _ => None,
        },
        // Compiles the function for the parameters of the function type, and may fail at that.
        Ty::Dispatcher(_) | Ty::Closure(_) => matches!(to, Ty::FunctionType(_)).then_some(Possible),
        _ => None,
    }
}

/// What the target's own class says.
fn convert_from(from: &Ty, to: &Ty) -> Option<Conversion> {
    match to {
        Ty::Optional(inner) => match from {
            Ty::None => Some(Promote),
            Ty::Optional(other) => can_convert(other, inner),
            _ => can_convert(from, inner).map(|conversion| conversion.max(Promote)),
        },
        Ty::UnicodeChars(_) => (*from == Ty::Str).then_some(Safe),
        Ty::Chars(_) => matches!(from, Ty::Array(array) if array.kind == BufferKind::Bytes).then_some(Safe),
        _ => None,
    }
}

/// Element by element, the worst counts. Named tuples take no part.
fn convert_tuple(from: &Ty, to: &Ty) -> Option<Conversion> {
    let items = |ty: &Ty| match ty {
        Ty::Tuple(items) | Ty::StarArgs(items) => Some(items.clone()),
        _ => None,
    };
    match (items(from), items(to)) {
        (Some(from), Some(to)) => {
            if from.len() != to.len() {
                return None;
            }
            if from.is_empty() {
                return Some(Safe);
            }
            from.iter().zip(to.iter()).try_fold(Exact, |worst, (from, to)| {
                can_convert(from, to).map(|conversion| worst.max(conversion))
            })
        }
        (Some(items), None) | (None, Some(items)) => {
            let member = match (from, to) {
                (Ty::AnyTuple(member), _) | (_, Ty::AnyTuple(member)) => member,
                _ => return None,
            };
            let from_any = matches!(from, Ty::AnyTuple(_));
            let converts = |item: &Ty| {
                if from_any { can_convert(member, item) } else { can_convert(item, member) }.is_some()
            };
            items.iter().all(converts).then_some(Possible)
        }
        (None, None) => matches!((from, to), (Ty::AnyTuple(_), Ty::AnyTuple(_))).then_some(Possible),
    }
}

/// A nested array is an array in C order for all rules but equality.
pub(super) fn array_view(ty: &Ty) -> Option<ArrayTy> {
    match ty {
        Ty::Array(array) if array.kind == BufferKind::Array => Some((**array).clone()),
        Ty::NestedArray(nested) => Some(ArrayTy {
            elem: nested.0.clone(),
            ndim: u8::try_from(nested.1.len()).ok(),
            layout: Layout::C,
            readonly: false,
            aligned: true,
            kind: BufferKind::Array,
        }),
        _ => None,
    }
}

/// The element type and rank must be equal; order, writability and alignment may only be given up.
fn convert_array(from: &ArrayTy, to: &ArrayTy) -> Option<Conversion> {
    let ndim = match (from.ndim, to.ndim) {
        (Some(from), Some(to)) if from != to => return None,
        (from, to) => from.and(to),
    };
    let elem = super::unify::equal_up_to_holes(&from.elem, &to.elem)?;
    let layout = match (from.layout, to.layout) {
        (_, Layout::A) => true,
        (Layout::Hole, _) | (_, Layout::Hole) => false,
        (from, to) if from != to => return None,
        _ => true,
    };
    if (from.readonly && !to.readonly) || (!from.aligned && to.aligned) {
        return None;
    }
    let certain = ndim.is_some() && layout && !elem.has_hole();
    Some(if certain { Safe } else { Possible })
}

/// Whether `short` is the beginning of `long`: the same fields at the same places.
fn is_prefix(short: &RecordTy, long: &RecordTy) -> bool {
    short.fields.len() <= long.fields.len() && short.fields.iter().zip(&long.fields).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ty::Why;

    fn hole() -> Ty {
        Ty::Hole(Why::NotModelled("test"))
    }

    #[test]
    fn an_argument_that_fits_exactly_beats_one_that_is_promoted() {
        let int: &[Ty] = &[Ty::INT64, Ty::INT64];
        let float: &[Ty] = &[Ty::FLOAT64, Ty::FLOAT64];
        assert_eq!(select(&[Ty::INT64, Ty::FLOAT64], &[int, float], true), Some(1));
        assert_eq!(select(&[Ty::INT64, Ty::Int(IntTy::I8)], &[float, int], true), Some(1));
        assert_eq!(select(&[Ty::Str, Ty::INT64], &[float, int], true), None);
    }

    #[test]
    fn unsafe_conversions_count_only_where_they_are_allowed() {
        let int: &[Ty] = &[Ty::INT64];
        assert_eq!(select(&[Ty::FLOAT64], &[int], true), Some(0));
        assert_eq!(select(&[Ty::FLOAT64], &[int], false), None);
    }

    #[test]
    fn a_hole_leaves_open_what_the_known_arguments_allow() {
        let int: &[Ty] = &[Ty::INT64, Ty::INT64];
        let text: &[Ty] = &[Ty::INT64, Ty::Str];
        let list: &[Ty] = &[Ty::Str, Ty::Str];
        assert_eq!(selectable(&[Ty::INT64, hole()], &[int, text, list], true), [0, 1]);
        assert_eq!(selectable(&[Ty::Str, hole()], &[int, text, list], true), [2]);
        assert_eq!(selectable(&[Ty::None, hole()], &[int, text, list], true), [0usize; 0]);
    }
}
