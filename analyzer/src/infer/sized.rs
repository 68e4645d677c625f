//! Lists that are arrays from the start: what calls that have to do with them give, and what cannot be done with them.

use crate::hir::body::{Call, Inst, InstId, InstKind, SizedLoop, SizedRefusal, Value};
use crate::table::{Refusal, RefusalKind};
use crate::ty::{IterTy, Layout, Ty};

use super::solve::Solver;
use super::{Problem, ProblemKind, TypedBody};

impl Solver<'_> {
    /// What a call gives that has to do with a list that is an array from the start: its length, which is known before
    /// its items are, and the array itself, where NumPy would look into the items.
    pub(super) fn of_sized_list(&self, inst: &Inst, call: &Call) -> Option<Ty> {
        if self.body.sized_loops.is_empty() {
            return None;
        }
        if let [only] = call.args[..]
            && matches!(self.ty(call.func)?, Ty::Function(path) if &*path == "builtins.len")
            && matches!(self.definition_of(only.var)?, Value::Later(_))
        {
            return Some(Ty::INT64);
        }
        let sized = self.body.sized_loops.iter().find(|sized| sized.call == inst.id)?;
        let nests = self.body.sized_loops.iter().any(|inner| inner.call == sized.append);
        let Ty::List { elem, .. } = self.ty(*call.args.first()?)? else { return None };
        let plain = is_container(&elem) && elem.is_precise() && !nests && call.kwargs.is_empty();
        plain.then(|| Ty::array((*elem).clone(), 1, Layout::C))
    }
}

/// A list that becomes an array at once is made an array before its loop, by an iterator that knows its length. Numba
/// refuses the others while it types, so they are told beside what else is wrong.
pub(super) fn sized_loops(typed: &TypedBody, problems: &mut Vec<Problem>) {
    let find =
        |id: InstId| typed.body.blocks.iter().flat_map(|block| &block.insts).find(move |inst| inst.id == id);
    let mut refuse = |call: InstId, sentence: String| {
        let Some(call) = find(call) else { return };
        let refusal = Refusal { kind: RefusalKind::Other(sentence.into()), arg: None };
        let kind = ProblemKind::Refused { what: "numpy.array".into(), refusal, args: Vec::new() };
        problems.push(Problem { origin: call.origin, numba_origin: None, kind });
    };
    for sized in &typed.body.sized_loops {
        let next = find(sized.next).map(|next| &next.kind);
        let Some(InstKind::Assign { value: Value::Next(iterator), .. }) = next else { continue };
        if let Some(what) = without_length(typed.ty(iterator.var)) {
            refuse(
                sized.call,
                format!(
                    "Numba makes the array before the loop, and cannot tell how many items {what} has: write `np.asarray(..)`"
                ),
            );
            continue;
        }
        if let Some(item) = item_of_dtype(typed, sized, &find) {
            refuse(
                sized.call,
                format!(
                    "Numba makes the array before the loop, and {item} is no item of one with this dtype: write `np.asarray(..)`"
                ),
            );
        } else if let Some((place, refused)) = sized.refused {
            let sentence = match refused {
                SizedRefusal::Again => {
                    "the list is an array already, since `np.array(..)` of it follows its loop: use that array"
                }
                SizedRefusal::Walked => {
                    "the list is an array since `np.array(..)` of it follows its loop, and Numba cannot walk over it: use that array"
                }
                SizedRefusal::ReadBefore => {
                    "the list is an array since `np.array(..)` of it follows its loop, and not made yet here"
                }
                SizedRefusal::DtypeOfCall => {
                    "Numba makes the array before the loop, and cannot take its dtype from what a call gave: write `np.asarray(..)`"
                }
            };
            refuse(place, sentence.to_string());
        }
    }
}

/// The item of a list that cannot be put into its array, in words, where the call tells the dtype.
fn item_of_dtype<'t>(
    typed: &TypedBody,
    sized: &SizedLoop,
    find: &dyn Fn(InstId) -> Option<&'t Inst>,
) -> Option<String> {
    let call = |id: InstId| match &find(id)?.kind {
        InstKind::Assign { value: Value::Call(call), .. } => Some(call),
        _ => None,
    };
    let item = typed.ty(call(sized.append)?.args.first()?.var);
    let has_dtype = call(sized.call)?.kwargs.iter().any(|(name, _)| &**name == "dtype");
    let is_array = typed.body.sized_loops.iter().any(|inner| inner.call == sized.append);
    (has_dtype && is_container(item) && !is_array).then(|| crate::rules::words::ty(&item.unliteral()))
}

/// Whether NumPy has no dtype for a type, for its values are containers.
pub(super) fn is_container(ty: &Ty) -> bool {
    matches!(ty, Ty::Tuple(_) | Ty::NamedTuple(_) | Ty::List { .. })
}

/// What an iterator walks over, if it cannot tell how many items are left.
fn without_length(iterator: &Ty) -> Option<&'static str> {
    let iter = match iterator {
        Ty::Iter(iter) => &**iter,
        Ty::Generator(_) => return Some("a generator"),
        _ => return None,
    };
    Some(match iter {
        IterTy::Range(_)
        | IterTy::Array(_)
        | IterTy::List(_)
        | IterTy::ListType(_)
        | IterTy::Tuple(_)
        | IterTy::Of(_) => return None,
        IterTy::Zip(_) => "`zip`",
        IterTy::Enumerate(_) => "`enumerate`",
        IterTy::Str => "a string",
        IterTy::Set(_) => "a set",
        IterTy::NdEnumerate(_) => "`np.ndenumerate`",
        IterTy::NdIndex(_) => "`np.ndindex`",
        IterTy::NdIter(_) => "`np.nditer`",
        IterTy::Flat(_) => "`.flat`",
        IterTy::DictKeys(_) | IterTy::DictValues(_) | IterTy::DictItems(_) => "a dict",
        IterTy::Generator(_) => "a generator",
    })
}
