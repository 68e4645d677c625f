//! Refusals that no argument type avoids, found by trying one type of every kind for a parameter that nobody gave
//! a type.
//!
//! With holes for arguments inference is silent about what depends on them. Trying the types one by one answers
//! more: if each is refused, the function never compiles. One type that passes ends the search, so functions that
//! are fine cost little. What could be an object of the user's own class is never tried.

use std::sync::{Arc, OnceLock};

use crate::db::Db;
use crate::hir::body::{Body, InstKind, Origin, Value, VarId};
use crate::hir::module::{self, Kernel};
use crate::infer::query::{Trial, infer_final};
use crate::infer::{Problem, ProblemKind, SpecKey, TypedBody, attr};
use crate::rules::words;
use crate::table::RefusalKind;
use crate::ty::unify::{Unified, unify_returns};
use crate::ty::{IterTy, Layout, Literal, RecordField, RecordTy, Ty, Why};

/// Larger functions are not tried out: each try is a whole inference.
const MOST_INSTRUCTIONS: u32 = 400;
const MOST_PARAMETERS: usize = 8;

/// The specialization that shows why no argument types make this function compile: the most telling of the tries, if
/// all are refused. `open` is what is known of it without any types, if that was asked already.
pub(crate) fn refused_by_all<'db>(
    db: &'db dyn Db,
    kernel: Kernel<'db>,
    open: Option<Arc<TypedBody>>,
) -> Option<SpecKey> {
    let body = module::body(db, kernel)?;
    let key = |args: Vec<Ty>| SpecKey {
        kernel: kernel.of(db).clone(),
        args,
        options: None,
        ret: None,
        python: false,
    };
    let holes = super::unknown_args(&body);
    let open = open.unwrap_or_else(|| infer_final(db, &key(holes.clone())));
    if !open.problems.is_empty() || !fit_to_try(&body, &open) {
        return None;
    }
    let uses = Uses::of(&open);
    let guess: Vec<Ty> = (0..)
        .zip(&holes)
        .map(|(index, hole)| uses.likely(index).next().unwrap_or_else(|| hole.clone()))
        .collect();
    let trial = Trial::new(db, kernel, &body, &open);
    if trial.plainly_passes(&open, &guess) || trial.of(&guess).problems.is_empty() {
        return None;
    }
    let refused = (0..).zip(&holes).find_map(|(index, _)| {
        if uses.is_called(index) {
            return None;
        }
        let with = |ty: Ty| {
            let mut args = holes.clone();
            args[index as usize] = ty;
            args
        };
        let passes = |ty: Ty| trial.of(&with(ty)).problems.is_empty();
        if uses.likely(index).any(passes) { None } else { every_kind_refused(&trial, &with) }
    });
    refused.map(key)
}

/// Tries each kind of type, coarse ones part by part. The try that got furthest is the one to tell about.
fn every_kind_refused(trial: &Trial<'_>, with: &dyn Fn(Ty) -> Vec<Ty>) -> Option<Vec<Ty>> {
    let mut best: Option<(Origin, Vec<Ty>)> = None;
    for kind in kinds() {
        for ty in kind {
            let args = with(ty.clone());
            let typed = trial.of(&args);
            // The rest of the kind is refused with it when the kind itself is.
            let problem = typed.problems.first()?;
            if !is_telling(problem) {
                return None;
            }
            let further = best.as_ref().is_none_or(|(origin, _)| {
                problem.origin != Origin::NONE && (*origin == Origin::NONE || problem.origin > *origin)
            });
            if further {
                best = Some((problem.origin, args));
            }
        }
    }
    best.map(|(_, args)| args)
}

/// One type of every kind that a parameter can have, likely ones first, so that a fitting one is met soon.
fn kinds() -> &'static [Vec<Ty>] {
    static KINDS: OnceLock<Vec<Vec<Ty>>> = OnceLock::new();
    KINDS.get_or_init(list_kinds)
}

fn list_kinds() -> Vec<Vec<Ty>> {
    let hole = || Ty::Hole(Why::NotModelled("a type that is tried"));
    let array = |elem: Ty, ndim: u8| Ty::array(elem, ndim, Layout::C);
    let mut arrays = Vec::new();
    for elem in ITEMS {
        arrays.extend((1..=4).map(|ndim| array(elem.clone(), ndim)));
    }
    arrays.push(array(Ty::Str, 1));
    arrays.push(array(Ty::UnicodeChars(4), 1));
    let field = RecordField { name: "field".into(), ty: Ty::FLOAT64, offset: 0, title: None };
    let record = Ty::Record(Arc::new(RecordTy { fields: vec![field], size: 8, aligned: false }));
    arrays.extend((1..=2).map(|ndim| array(record.clone(), ndim)));
    vec![
        vec![Ty::INT64, Ty::FLOAT64, Ty::Bool, Ty::COMPLEX128],
        arrays,
        vec![Ty::AnyTuple(Arc::new(hole())), Ty::tuple([])],
        vec![
            Ty::reflected_list(hole()),
            Ty::TypedList(Arc::new(hole())),
            Ty::dict(hole(), hole()),
            Ty::Set { elem: Arc::new(hole()), reflected: true },
        ],
        vec![Ty::Str, Ty::None, Ty::optional(Ty::INT64), Ty::optional(Ty::FLOAT64)],
        vec![
            Ty::Slice2,
            Ty::RandomGenerator,
            Ty::DateTime("D".into()),
            Ty::TimeDelta("D".into()),
            Ty::NumberClass(Arc::new(Ty::FLOAT64)),
            Ty::DType(Arc::new(Ty::FLOAT64)),
            Ty::int_literal(1),
            Ty::str_literal("x"),
            Ty::Iter(Arc::new(IterTy::Of(hole()))),
        ],
        // Arrays of many dimensions are rare, and fit where no other type does.
        ITEMS.iter().flat_map(|elem| (5..=MOST_DIMENSIONS).map(|ndim| array(elem.clone(), ndim))).collect(),
    ]
}

/// Of the arrays that are tried: the types of their items, and how many dimensions.
const ITEMS: &[Ty] = &[Ty::FLOAT64, Ty::INT64, Ty::COMPLEX128, Ty::Bool];
const MOST_DIMENSIONS: u8 = 8;

/// Whether a refusal is about what the language and NumPy do with a type, and not about a type that was not tried.
fn is_telling(problem: &Problem) -> bool {
    match &problem.kind {
        ProblemKind::InCallee { problem, .. } => is_telling(problem),
        ProblemKind::CannotUnify { inputs, .. } => clash_in_kind(inputs),
        ProblemKind::ReturnTypes(returns) => clash_in_kind(returns),
        ProblemKind::Undetermined { .. } | ProblemKind::Imprecise { .. } => true,
        ProblemKind::Refused { what, refusal, args } => match &refusal.kind {
            RefusalKind::NotCallable(_) => true,
            RefusalKind::NoAttribute(name) => is_builtin_attribute(name),
            _ if what.starts_with("[]") => !matches!(args.get(1), Some(Ty::Literal(Literal::Str(_)))),
            _ => words::is_operator(what) || KNOWN_LIBRARIES.iter().any(|library| what.starts_with(library)),
        },
        _ => false,
    }
}

/// Whether types clash that are of different kinds. Two arrays, or two tuples, may clash by their items only, and
/// other items were not tried.
fn clash_in_kind(types: &[(Origin, Ty)]) -> bool {
    let same_kind = |a: &Ty, b: &Ty| {
        std::mem::discriminant(&a.unliteral()) == std::mem::discriminant(&b.unliteral())
            || matches!((a, b), (Ty::Optional(_), _) | (_, Ty::Optional(_)))
    };
    types.iter().enumerate().any(|(at, (_, a))| {
        types[..at]
            .iter()
            .any(|(_, b)| !same_kind(a, b) && unify_returns(&[a.clone(), b.clone()]) == Unified::Clash)
    })
}

/// Libraries whose functions take no kinds of values but those that are tried.
const KNOWN_LIBRARIES: &[&str] =
    &["numpy.", "builtins.", "math.", "array.", "list.", "str.", "tuple.", "dict.", "set.", "number."];

/// Whether some type of Numba's own has an attribute of this name.
pub(super) fn is_builtin_attribute(name: &str) -> bool {
    let known = |ty: &Ty| !matches!(attr::attribute(ty, name), crate::table::Outcome::Refused(_));
    let kinds = || kinds().iter().flatten();
    // Most attributes are those of arrays.
    let array = kinds().find(|ty| matches!(ty, Ty::Array(_)));
    !name.starts_with('_') && (array.is_some_and(known) || kinds().any(known))
}

/// Whether trying types for the parameters of a body can tell anything for certain.
fn fit_to_try(body: &Body, open: &TypedBody) -> bool {
    let plain = body.params.iter().all(|param| param.kind.is_positional());
    let sized = body.params.len() <= MOST_PARAMETERS && open.body.n_insts <= MOST_INSTRUCTIONS;
    let mut insts = open.body.blocks.iter().flat_map(|block| &block.insts);
    plain
        && sized
        && !body.params.is_empty()
        && !body.broken
        && open.types.iter().any(Ty::is_hole)
        && !insts.any(|inst| suggests_object(open, &inst.kind))
}

/// Whether an instruction does with an unknown value what only records and objects of classes take.
fn suggests_object(open: &TypedBody, kind: &InstKind) -> bool {
    let constant = |var: VarId| matches!(open.ty(var), Ty::Literal(Literal::Str(_)));
    match kind {
        InstKind::Assign { value: Value::Attr(on, name), .. } => {
            open.ty(on.var).has_hole() && !is_builtin_attribute(name)
        }
        InstKind::Assign { value: Value::Item(_, index), .. } | InstKind::SetItem { index, .. } => {
            constant(index.var)
        }
        InstKind::SetAttr { .. } | InstKind::ObjMode { .. } => true,
        _ => false,
    }
}

/// How the parameters of a body are used, as far as that tells their kinds.
struct Uses {
    /// By parameter: called, or the number of indices it is used with (0 where it is used as a whole array).
    called: Vec<bool>,
    indexed: Vec<Option<u8>>,
}

impl Uses {
    fn of(open: &TypedBody) -> Uses {
        let body = &open.body;
        let mut uses =
            Uses { called: vec![false; body.params.len()], indexed: vec![None; body.params.len()] };
        let mut param: Vec<Option<u32>> = vec![None; body.vars.len()];
        for inst in body.blocks.iter().flat_map(|block| &block.insts) {
            let InstKind::Assign { dst, value } = &inst.kind else {
                if let InstKind::SetItem { target, index, .. } = &inst.kind {
                    uses.index(param[target.var.0 as usize], open.ty(index.var));
                }
                continue;
            };
            match value {
                Value::Param(number) => param[dst.0 as usize] = Some(*number),
                Value::Copy(from) => param[dst.0 as usize] = param[from.var.0 as usize],
                Value::Phi(inputs) => {
                    param[dst.0 as usize] = inputs.iter().find_map(|(_, input)| param[input.var.0 as usize]);
                }
                Value::Call(call) => {
                    if let Some(number) = param[call.func.var.0 as usize] {
                        uses.called[number as usize] = true;
                    }
                }
                Value::Item(target, index) => {
                    uses.index(param[target.var.0 as usize], open.ty(index.var));
                }
                Value::Attr(on, _) | Value::Iter(on) => uses.whole(param[on.var.0 as usize]),
                _ => {}
            }
        }
        uses
    }

    fn index(&mut self, param: Option<u32>, index: &Ty) {
        let Some(param) = param else { return };
        let count = index.tuple_items().map_or(1, |items| u8::try_from(items.len()).unwrap_or(1));
        let known = &mut self.indexed[param as usize];
        *known = Some(known.unwrap_or(0).max(count));
    }

    fn whole(&mut self, param: Option<u32>) {
        if let Some(param) = param {
            self.indexed[param as usize].get_or_insert(0);
        }
    }

    fn is_called(&self, param: u32) -> bool {
        self.called[param as usize]
    }

    /// The likeliest types: arrays of the rank that it is indexed with, else numbers.
    fn likely(&self, param: u32) -> impl Iterator<Item = Ty> {
        let indexed = self.indexed[param as usize].map(|ndim| ndim.max(1));
        let called = self.is_called(param);
        (0..).map_while(move |number| if called { None } else { likely_type(indexed, number) })
    }
}

fn likely_type(indexed: Option<u8>, number: u32) -> Option<Ty> {
    let array = |elem: Ty, ndim: u8| Some(Ty::array(elem, ndim, Layout::C));
    match (indexed, number) {
        (Some(ndim), 0) => array(Ty::FLOAT64, ndim),
        (Some(ndim), 1) => array(Ty::INT64, ndim),
        (Some(ndim), 2) => array(Ty::FLOAT64, ndim + 1),
        (None, 0) => Some(Ty::INT64),
        (None, 1) => Some(Ty::FLOAT64),
        (None, 2) => array(Ty::FLOAT64, 1),
        (None, 3) => array(Ty::INT64, 1),
        (None, 4) => Some(Ty::Str),
        _ => None,
    }
}
