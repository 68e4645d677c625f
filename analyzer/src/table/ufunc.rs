//! Which loop of a NumPy ufunc Numba runs for given operands, and the type of its result.
//!
//! Numba walks the loops in NumPy's order and takes the first one to which every input casts safely. Scalars are
//! not weak: `float32_array * 2.0` is computed in `float64`. Half precision and object loops are skipped.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::ty::{ArrayTy, BufferKind, ComplexTy, FloatTy, IntTy, Layout, Literal, Name, Ty, Why};

use super::{Outcome, RefusalKind};

/// One loop: type characters of NumPy, inputs first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Loop {
    inputs: Vec<char>,
    outputs: Vec<char>,
}

struct Ufunc {
    nin: usize,
    nout: usize,
    loops: Vec<Loop>,
}

/// The loops that Numba implements, in NumPy's order. `?`, `i` (all integers), `f` (both floats) and `c` (both
/// complex types) stand for loops whose operands all have that type; `i>?` gives a bool; others are spelled out.
static LOOPS: &[(&str, usize, usize, &str)] = &[
    ("absolute", 1, 1, "? i f m>m F>f D>d"),
    ("add", 2, 1, "? i f c Mm>M mm>m mM>M"),
    ("arccos", 1, 1, "f c"),
    ("arccosh", 1, 1, "f c"),
    ("arcsin", 1, 1, "f c"),
    ("arcsinh", 1, 1, "f c"),
    ("arctan", 1, 1, "f c"),
    ("arctan2", 2, 1, "f"),
    ("arctanh", 1, 1, "f c"),
    ("bitwise_and", 2, 1, "? i"),
    ("bitwise_or", 2, 1, "? i"),
    ("bitwise_xor", 2, 1, "? i"),
    ("cbrt", 1, 1, "f"),
    ("ceil", 1, 1, "? i f"),
    ("conjugate", 1, 1, "i f c"),
    ("copysign", 2, 1, "f"),
    ("cos", 1, 1, "f c"),
    ("cosh", 1, 1, "f c"),
    ("deg2rad", 1, 1, "f"),
    ("degrees", 1, 1, "f"),
    ("divide", 2, 1, "f c ml>m md>m mm>d"),
    ("divmod", 2, 2, "i f"),
    ("equal", 2, 1, "?>? i>? lL>? Ll>? f>? c>? MM>? mm>?"),
    ("exp", 1, 1, "f c"),
    ("exp2", 1, 1, "f c"),
    ("expm1", 1, 1, "f c"),
    ("fabs", 1, 1, "f"),
    ("float_power", 2, 1, "dd>d DD>D"),
    ("floor", 1, 1, "? i f"),
    ("floor_divide", 2, 1, "i f ml>m md>m mm>l"),
    ("fmax", 2, 1, "? i f c mm>m MM>M"),
    ("fmin", 2, 1, "? i f c mm>m MM>M"),
    ("fmod", 2, 1, "i f"),
    ("gcd", 2, 1, "i"),
    ("greater", 2, 1, "?>? i>? lL>? Ll>? f>? c>? MM>? mm>?"),
    ("greater_equal", 2, 1, "?>? i>? lL>? Ll>? f>? c>? MM>? mm>?"),
    ("hypot", 2, 1, "f"),
    ("invert", 1, 1, "? i"),
    ("isfinite", 1, 1, "?>? i>? f>? c>? m>? M>?"),
    ("isinf", 1, 1, "?>? i>? f>? c>? m>? M>?"),
    ("isnan", 1, 1, "?>? i>? f>? c>? m>? M>?"),
    ("isnat", 1, 1, "M>? m>?"),
    ("lcm", 2, 1, "i"),
    ("ldexp", 2, 1, "fi>f fl>f di>d dl>d"),
    ("left_shift", 2, 1, "i"),
    ("less", 2, 1, "?>? i>? lL>? Ll>? f>? c>? MM>? mm>?"),
    ("less_equal", 2, 1, "?>? i>? lL>? Ll>? f>? c>? MM>? mm>?"),
    ("log", 1, 1, "f c"),
    ("log10", 1, 1, "f c"),
    ("log1p", 1, 1, "f c"),
    ("log2", 1, 1, "f c"),
    ("logaddexp", 2, 1, "f"),
    ("logaddexp2", 2, 1, "f"),
    ("logical_and", 2, 1, "?>? i>? f>? c>?"),
    ("logical_not", 1, 1, "?>? i>? f>? c>?"),
    ("logical_or", 2, 1, "?>? i>? f>? c>?"),
    ("logical_xor", 2, 1, "?>? i>? f>? c>?"),
    ("maximum", 2, 1, "? i f c mm>m MM>M"),
    ("minimum", 2, 1, "? i f c mm>m MM>M"),
    ("multiply", 2, 1, "? i f c ml>m lm>m md>m dm>m"),
    ("negative", 1, 1, "i f m>m c"),
    ("nextafter", 2, 1, "f"),
    ("not_equal", 2, 1, "?>? i>? lL>? Ll>? f>? c>? MM>? mm>?"),
    ("positive", 1, 1, "i f m>m c"),
    ("power", 2, 1, "i f c"),
    ("rad2deg", 1, 1, "f"),
    ("radians", 1, 1, "f"),
    ("reciprocal", 1, 1, "i f c"),
    ("remainder", 2, 1, "i f mm>m"),
    ("right_shift", 2, 1, "i"),
    ("rint", 1, 1, "f c"),
    ("sign", 1, 1, "i f c m>m"),
    ("signbit", 1, 1, "f>?"),
    ("sin", 1, 1, "f c"),
    ("sinh", 1, 1, "f c"),
    ("spacing", 1, 1, "f"),
    ("sqrt", 1, 1, "f c"),
    ("square", 1, 1, "i f c"),
    ("subtract", 2, 1, "i f c Mm>M mm>m MM>m"),
    ("tan", 1, 1, "f c"),
    ("tanh", 1, 1, "f c"),
    ("trunc", 1, 1, "? i f"),
];

const INTS: &str = "bBhHiIlL";
const CLASSES: &[(&str, &str)] = &[("?", "?"), ("i", INTS), ("f", "fd"), ("c", "FD")];

/// How many inputs a ufunc has, by its path; what is given beyond them is written to.
pub(crate) fn inputs(path: &str) -> Option<usize> {
    let name = super::names::canonical(path).strip_prefix("numpy.")?;
    Ufunc::find(name).map(|ufunc| ufunc.nin)
}

/// The type that the loop of a call with an explicit output computes, before it is cast to the output's elements.
pub(crate) fn loop_output(path: &str, args: &[Ty]) -> Option<Ty> {
    let entry = Ufunc::find(super::names::canonical(path).strip_prefix("numpy.")?)?;
    let elems: Vec<Ty> = args.iter().map(|arg| element(&unwrap_optional(arg).unliteral())).collect();
    let (inputs, outputs) = elems.split_at_checked(entry.nin)?;
    let (_, computed) = typed_loop(entry, inputs, outputs)?;
    if computed.len() == 1 { computed.into_iter().next() } else { None }
}

impl Ufunc {
    fn expand(nin: usize, nout: usize, text: &str) -> Ufunc {
        let mut loops = Vec::new();
        for token in text.split(' ') {
            let (inputs, outputs) = token.split_once('>').unwrap_or((token, token));
            match CLASSES.iter().find(|(class, _)| *class == inputs) {
                Some((class, members)) => loops.extend(members.chars().map(|member| {
                    let output = if outputs == *class { member } else { '?' };
                    Loop { inputs: vec![member; nin], outputs: vec![output; nout] }
                })),
                None => {
                    loops.push(Loop { inputs: inputs.chars().collect(), outputs: outputs.chars().collect() })
                }
            }
        }
        Ufunc { nin, nout, loops }
    }

    fn find(name: &str) -> Option<&'static Ufunc> {
        static INDEX: OnceLock<FxHashMap<&'static str, Ufunc>> = OnceLock::new();
        let index = INDEX.get_or_init(|| {
            LOOPS.iter().map(|&(name, nin, nout, text)| (name, Ufunc::expand(nin, nout, text))).collect()
        });
        index.get(name)
    }

    /// The first loop that takes these element types, and casts back to the element types of explicit outputs.
    fn select(&self, inputs: &[Ty], outputs: &[Ty]) -> Option<&Loop> {
        let chars: Vec<char> = inputs.iter().map(type_char).collect::<Option<_>>()?;
        let outs: Vec<char> = outputs.iter().map(type_char).collect::<Option<_>>()?;
        let mixed = chars.iter().any(|ch| INTS.contains(*ch)) && chars.iter().any(|ch| "fdFD".contains(*ch));
        self.loops.iter().find(|candidate| {
            let takes = chars.iter().zip(&candidate.inputs).all(|(from, to)| {
                if is_time(*from) || is_time(*to) { from == to } else { can_cast(*from, *to, mixed) }
            });
            takes
                && candidate
                    .outputs
                    .iter()
                    .zip(&outs)
                    .all(|(from, to)| is_time(*to) || can_cast_same_kind(*from, *to, mixed))
        })
    }
}

/// The type of a call `numpy.UFUNC(args...)`; explicit outputs come after the inputs. The arguments of the signature
/// are the element types of the loop.
pub fn resolve(ufunc: &str, args: &[Ty]) -> Outcome {
    let Some(entry) = Ufunc::find(ufunc) else {
        return Outcome::Hole(Why::NotInTable(format!("numpy.{ufunc}").into()));
    };
    let args: Vec<Ty> = args.iter().map(|arg| unwrap_optional(arg).unliteral()).collect();
    if args.len() < entry.nin {
        return Outcome::refused(RefusalKind::MissingArgument("x2".into()));
    }
    if args.len() > entry.nin + entry.nout {
        let takes = (entry.nin + entry.nout) as u32;
        return Outcome::refused(RefusalKind::TooManyArguments { takes, given: args.len() as u32 });
    }
    let (inputs, outs) = args.split_at(entry.nin);
    for (index, out) in outs.iter().enumerate() {
        match out {
            Ty::Array(array) if !array.readonly => {}
            Ty::Array(_) => {
                return Outcome::refused_arg(entry.nin + index, RefusalKind::Readonly(out.clone()));
            }
            hole if hole.is_hole() => {}
            other => {
                let kind = RefusalKind::ArgumentType { param: "out".into(), got: other.clone() };
                return Outcome::refused_arg(entry.nin + index, kind);
            }
        }
    }
    if let Some(index) = inputs.iter().position(|arg| !may_be_operand(arg)) {
        return Outcome::refused_arg(index, RefusalKind::NoOverload(args.clone()));
    }
    let elems: Vec<Ty> = inputs.iter().map(element).collect();
    let out_elems: Vec<Ty> = outs.iter().map(element).collect();
    let Some((loop_in, loop_out)) = typed_loop(entry, &elems, &out_elems) else {
        return Outcome::refused(RefusalKind::NoOverload(args.clone()));
    };
    if matches!(ufunc, "add" | "subtract") && loses_unit(&loop_in, &loop_out) {
        return Outcome::refused(RefusalKind::NoOverload(args.clone()));
    }
    let (ndim, layout) = result_shape(&args);
    let has_axes =
        args.iter().any(|arg| matches!(arg, Ty::Array(array) if array.ndim.is_some_and(|ndim| ndim > 0)));
    let mut rets: Vec<Ty> = outs.to_vec();
    rets.extend(loop_out[outs.len()..].iter().map(|elem| match ndim {
        Some(0) => elem.clone(),
        ndim if ndim.is_some() || has_axes => array(elem.clone(), ndim, layout),
        // A hole may be an array, and an array of unknown rank a scalar.
        _ => Ty::Hole(inputs.iter().find_map(Ty::why).unwrap_or(Why::NotModelled("a ufunc of holes"))),
    }));
    let ret = if rets.len() == 1 { rets.remove(0) } else { Ty::tuple(rets) };
    let mut sig = loop_in;
    sig.extend(outs.iter().cloned());
    Outcome::signature(sig, ret)
}

/// The loop for these scalar types: its inputs and its (first) output. `None` where there is none or a type is a hole.
pub fn scalar_loop(ufunc: &str, args: &[Ty]) -> Option<(Vec<Ty>, Ty)> {
    let entry = Ufunc::find(ufunc)?;
    let args: Vec<Ty> = args.iter().map(|arg| unwrap_optional(arg).unliteral()).collect();
    if args.len() != entry.nin || args.iter().any(Ty::is_hole) {
        return None;
    }
    let (inputs, outputs) = typed_loop(entry, &args, &[])?;
    Some((inputs, outputs.into_iter().next()?))
}

/// The loop's element types. Holes are filled with every type a number or time can have; what all fillings agree on
/// is known. `None` where no filling has a loop.
fn typed_loop(entry: &Ufunc, inputs: &[Ty], outputs: &[Ty]) -> Option<(Vec<Ty>, Vec<Ty>)> {
    let Some(hole) = inputs.iter().chain(outputs).position(Ty::is_hole) else {
        let found = entry.select(inputs, outputs)?;
        return instantiate(found, inputs);
    };
    let mut joined: Option<(Vec<Ty>, Vec<Ty>)> = None;
    for filling in FILLINGS.chars().filter_map(from_char) {
        let (mut inputs, mut outputs) = (inputs.to_vec(), outputs.to_vec());
        match hole.checked_sub(inputs.len()) {
            None => inputs[hole] = filling,
            Some(index) => outputs[index] = filling,
        }
        let Some(found) = typed_loop(entry, &inputs, &outputs) else { continue };
        joined = Some(match joined {
            None => found,
            Some(before) => (agree(before.0, found.0), agree(before.1, found.1)),
        });
    }
    joined
}

/// The fillings of a hole: every scalar type of NumPy that Numba has loops for.
const FILLINGS: &str = "?bBhHiIlLfdFDmM";

fn agree(left: Vec<Ty>, right: Vec<Ty>) -> Vec<Ty> {
    let join = |(left, right): (Ty, Ty)| {
        if left == right { left } else { Ty::Hole(Why::NotModelled("the loop of a ufunc of holes")) }
    };
    left.into_iter().zip(right).map(join).collect()
}

/// The loop's types, with the units of times taken from the operands. `None` where the units cannot be combined.
fn instantiate(found: &Loop, operands: &[Ty]) -> Option<(Vec<Ty>, Vec<Ty>)> {
    let inputs: Option<Vec<Ty>> = found
        .inputs
        .iter()
        .zip(operands)
        .map(|(ch, operand)| if is_time(*ch) { Some(operand.clone()) } else { from_char(*ch) })
        .collect();
    let inputs = inputs?;
    let unit = output_unit(&inputs)?;
    let outputs: Option<Vec<Ty>> = found
        .outputs
        .iter()
        .map(|ch| match ch {
            'm' => Some(Ty::TimeDelta(unit.clone())),
            'M' => Some(Ty::DateTime(unit.clone())),
            ch => from_char(*ch),
        })
        .collect();
    Some((inputs, outputs?))
}

/// Whether a loop computes times with a unit that its own result type lacks: Numba fails where it compiles that.
fn loses_unit(inputs: &[Ty], outputs: &[Ty]) -> bool {
    let unit = |ty: &Ty| match ty {
        Ty::DateTime(unit) | Ty::TimeDelta(unit) => Some(unit.clone()),
        _ => None,
    };
    let bare = outputs.iter().filter_map(unit).any(|unit| unit.is_empty());
    bare && inputs.iter().filter_map(unit).any(|unit| !unit.is_empty())
}

/// The unit of a result that is a time. Numba sets it for the operands below only; elsewhere it stays generic.
fn output_unit(inputs: &[Ty]) -> Option<Name> {
    match inputs {
        [Ty::DateTime(date), Ty::TimeDelta(delta)] | [Ty::TimeDelta(delta), Ty::DateTime(date)] => {
            combine_units(date, delta)
        }
        [Ty::TimeDelta(left), Ty::TimeDelta(right)] if left != right => Some("".into()),
        [Ty::TimeDelta(unit), ..] => Some(unit.clone()),
        _ => Some("".into()),
    }
}

/// NumPy's units, coarse to fine. A number of years or months cannot be added to a date counted in days.
const UNITS: &[&str] = &["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"];

fn combine_units(date: &Name, delta: &Name) -> Option<Name> {
    let rank = |unit: &Name| UNITS.iter().position(|known| **known == **unit);
    match (rank(date), rank(delta)) {
        (None, _) => Some(delta.clone()),
        (_, None) => Some(date.clone()),
        (Some(date), Some(delta)) if delta < 2 && date >= 2 => None,
        (Some(left), Some(right)) => Some(if left > right { date.clone() } else { delta.clone() }),
    }
}

/// A result of this item type over these arguments: an array as large as they are together, or an item.
pub fn shaped_like(elem: Ty, args: &[Ty]) -> Ty {
    match result_shape(args) {
        (Some(0), _) if !args.iter().any(|arg| matches!(arg, Ty::Array(_))) => elem,
        (ndim, layout) => array(elem, ndim, layout),
    }
}

/// Whether NumPy casts between these item types without loss.
pub fn casts_safely(from: &Ty, to: &Ty) -> bool {
    match (type_char(from), type_char(to)) {
        (Some(from), Some(to)) => from == to || can_cast(from, to, false),
        _ => false,
    }
}

/// The rank of the result (`None` where a hole decides it) and its layout: C unless only F was seen.
fn result_shape(args: &[Ty]) -> (Option<u8>, Layout) {
    let mut ndim = Some(0u8);
    let mut layouts = Vec::new();
    for arg in args {
        match arg {
            Ty::Array(array) => {
                ndim = ndim.zip(array.ndim).map(|(left, right)| left.max(right));
                layouts.push(array.layout);
            }
            hole if hole.is_hole() => {
                ndim = None;
                layouts.push(Layout::Hole);
            }
            _ => {}
        }
    }
    let layout =
        if layouts.contains(&Layout::C) || !layouts.iter().any(|it| matches!(it, Layout::F | Layout::Hole)) {
            Layout::C
        } else if layouts.contains(&Layout::Hole) {
            Layout::Hole
        } else {
            Layout::F
        };
    (ndim, layout)
}

fn array(elem: Ty, ndim: Option<u8>, layout: Layout) -> Ty {
    Ty::Array(ArrayTy { elem, ndim, layout, readonly: false, aligned: true, kind: BufferKind::Array }.into())
}

fn element(ty: &Ty) -> Ty {
    match ty {
        Ty::Array(array) => array.elem.clone(),
        other => other.clone(),
    }
}

fn unwrap_optional(ty: &Ty) -> &Ty {
    match ty {
        Ty::Optional(inner) => inner,
        other => other,
    }
}

/// Classes, dtypes and enum members are typed like the number they stand for and then refused by the code generator.
fn may_be_operand(ty: &Ty) -> bool {
    let elem = element(ty);
    elem.is_hole() || type_char(&elem).is_some()
}

fn is_time(ch: char) -> bool {
    matches!(ch, 'm' | 'M')
}

/// NumPy's type character. `None` for what has none, and for half precision, which Numba cannot compute with.
fn type_char(ty: &Ty) -> Option<char> {
    Some(match ty {
        Ty::Bool | Ty::Literal(Literal::Bool(_)) => '?',
        Ty::Int(int) => match int {
            IntTy::I8 => 'b',
            IntTy::U8 => 'B',
            IntTy::I16 => 'h',
            IntTy::U16 => 'H',
            IntTy::I32 => 'i',
            IntTy::U32 => 'I',
            IntTy::I64 => 'l',
            IntTy::U64 => 'L',
        },
        Ty::Float(FloatTy::F32) => 'f',
        Ty::Float(FloatTy::F64) => 'd',
        Ty::Complex(ComplexTy::C64) => 'F',
        Ty::Complex(ComplexTy::C128) => 'D',
        Ty::TimeDelta(_) => 'm',
        Ty::DateTime(_) => 'M',
        _ => return None,
    })
}

fn from_char(ch: char) -> Option<Ty> {
    Some(match ch {
        '?' => Ty::Bool,
        'b' => Ty::Int(IntTy::I8),
        'B' => Ty::Int(IntTy::U8),
        'h' => Ty::Int(IntTy::I16),
        'H' => Ty::Int(IntTy::U16),
        'i' => Ty::Int(IntTy::I32),
        'I' => Ty::Int(IntTy::U32),
        'l' => Ty::INT64,
        'L' => Ty::UINT64,
        'f' => Ty::FLOAT32,
        'd' => Ty::FLOAT64,
        'F' => Ty::COMPLEX64,
        'D' => Ty::COMPLEX128,
        'm' => Ty::TimeDelta("".into()),
        'M' => Ty::DateTime("".into()),
        _ => return None,
    })
}

/// Kind and bits of a character: `u` unsigned, `i` signed, `f` float, `c` complex (bits of one part), `b` bool.
fn kind(ch: char) -> (char, u32) {
    match ch {
        '?' => ('b', 1),
        'b' => ('i', 8),
        'B' => ('u', 8),
        'h' => ('i', 16),
        'H' => ('u', 16),
        'i' => ('i', 32),
        'I' => ('u', 32),
        'l' => ('i', 64),
        'L' => ('u', 64),
        'f' => ('f', 32),
        'd' => ('f', 64),
        'F' => ('c', 32),
        'D' => ('c', 64),
        _ => ('m', 64),
    }
}

/// NumPy's safe casting, and any integer to any float or complex type where the inputs mix the two.
fn can_cast(from: char, to: char, mixed: bool) -> bool {
    let ((from_kind, from_bits), (to_kind, to_bits)) = (kind(from), kind(to));
    match (from_kind, to_kind) {
        ('b', _) => true,
        ('u' | 'i', 'f' | 'c') => mixed || from_bits < to_bits || from_bits == 64 && to_bits == 64,
        ('u', 'i') => from_bits < to_bits,
        ('u', 'u') | ('i', 'i') | ('f', 'f') | ('f', 'c') | ('c', 'c') => from_bits <= to_bits,
        _ => false,
    }
}

/// NumPy's `same_kind` casting: also to a narrower type of the same kind, and to a later kind.
fn can_cast_same_kind(from: char, to: char, mixed: bool) -> bool {
    let rank = |ch: char| "buifc".find(kind(ch).0);
    can_cast(from, to, mixed) || matches!((rank(from), rank(to)), (Some(left), Some(right)) if left <= right)
}

/// `numpy.promote_types` of two scalar types: the first type in NumPy's order to which both cast safely.
pub fn promote(left: &Ty, right: &Ty) -> Option<Ty> {
    if left == right {
        return Some(left.clone());
    }
    let (from_left, from_right) = (type_char(left)?, type_char(right)?);
    if is_time(from_left) || is_time(from_right) {
        return None;
    }
    let joined = "?bBhHiIlLfdFD"
        .chars()
        .find(|to| can_cast(from_left, *to, false) && can_cast(from_right, *to, false));
    joined.and_then(from_char)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ret(ufunc: &str, args: &[Ty]) -> Ty {
        resolve(ufunc, args).ty().cloned().unwrap_or(Ty::Poison)
    }

    #[test]
    fn scalars_are_not_weak() {
        let f32s = Ty::array(Ty::FLOAT32, 1, Layout::C);
        assert_eq!(ret("multiply", &[f32s.clone(), Ty::FLOAT64]), Ty::array(Ty::FLOAT64, 1, Layout::C));
        assert_eq!(ret("add", &[f32s, Ty::INT64]), Ty::array(Ty::FLOAT32, 1, Layout::C));
    }

    #[test]
    fn integers_below_sixteen_bits_give_single_precision() {
        assert_eq!(ret("sqrt", &[Ty::Int(IntTy::I16)]), Ty::FLOAT32);
        assert_eq!(ret("sqrt", &[Ty::Int(IntTy::I32)]), Ty::FLOAT64);
    }

    #[test]
    fn a_result_is_fortran_ordered_only_without_c_operands() {
        let f = Ty::array(Ty::FLOAT64, 2, Layout::F);
        let c = Ty::array(Ty::FLOAT64, 1, Layout::C);
        assert_eq!(ret("add", &[f.clone(), Ty::FLOAT64]), f);
        assert_eq!(ret("add", &[f, c]), Ty::array(Ty::FLOAT64, 2, Layout::C));
    }

    #[test]
    fn holes_keep_what_is_certain_and_refuse_nothing_that_may_fit() {
        let hole = Ty::Hole(Why::UntypedArgument("x".into()));
        let array = Ty::array(hole.clone(), 2, Layout::C);
        assert_eq!(ret("isnan", std::slice::from_ref(&array)), Ty::array(Ty::Bool, 2, Layout::C));
        assert!(resolve("bitwise_and", &[array, hole.clone()]).ty().is_some());
        assert!(matches!(resolve("bitwise_and", &[Ty::FLOAT64, hole]), Outcome::Refused(_)));
    }

    #[test]
    fn units_of_times_are_combined() {
        let days = Ty::DateTime("D".into());
        assert_eq!(ret("add", &[days.clone(), Ty::TimeDelta("s".into())]), Ty::DateTime("s".into()));
        assert_eq!(ret("add", &[days, Ty::TimeDelta("Y".into())]), Ty::Poison);
    }
}
