//! What the rules of inference say of the kinds that a glance knows.

use smallvec::SmallVec;

use crate::infer::context::Context;
use crate::table::{Outcome, Typed};
use crate::ty::{Ty, Why};

use super::Glance;
use super::kind::{BOOL, FLOAT, INT, Kind, WRITTEN, widened};

/// The types that one operand can have.
type Cases = SmallVec<[Ty; 3]>;

impl Glance<'_> {
    /// What a rule says of these operands, whichever of their numbers they are. `literals` says that ints that are
    /// part of their type may be another thing to it.
    pub(super) fn ask(
        &mut self,
        operands: &[Kind],
        literals: bool,
        rule: &dyn Fn(&dyn Context, &[Ty]) -> Outcome,
    ) -> Option<Kind> {
        let mut cases: SmallVec<[Cases; 4]> = SmallVec::new();
        for kind in operands {
            cases.push(self.cases(*kind, literals)?);
        }
        let count: usize = cases.iter().map(SmallVec::len).product();
        if count == 1 {
            let types: SmallVec<[Ty; 4]> = cases.into_iter().flatten().collect();
            return self.answer(rule(self.cx, &types));
        }
        if count > 9 {
            return None;
        }
        let mut joined: Option<Kind> = None;
        for combination in 0..count {
            let mut rest = combination;
            let mut types: SmallVec<[Ty; 4]> = SmallVec::new();
            for cases in &cases {
                types.push(cases[rest % cases.len()].clone());
                rest /= cases.len();
            }
            let kind = self.answer(rule(self.cx, &types))?;
            joined = Some(match joined {
                Some(before) => self.join(before, kind)?,
                None => kind,
            });
        }
        joined
    }

    fn answer(&mut self, outcome: Outcome) -> Option<Kind> {
        match outcome {
            Outcome::Known(Typed { ret, refine: None, .. }) => self.kind_of(ret),
            Outcome::Hole(why) if why != GIVES_UP => self.kind_of(Ty::Hole(why)),
            _ => None,
        }
    }

    /// The types that a rule has to take for one operand.
    fn cases(&self, kind: Kind, literals: bool) -> Option<Cases> {
        Some(match kind {
            Kind::Is(place) => one(self.ty_at(place).clone()),
            Kind::Range(walk) => one(walk.ty()),
            Kind::Number(INT) => one(Ty::INT64),
            Kind::Number(FLOAT) => one(Ty::FLOAT64),
            Kind::Number(bits) if bits & WRITTEN != 0 && literals => return None,
            Kind::Number(bits) => {
                let bits = widened(bits);
                let all = [(INT, Ty::INT64), (FLOAT, Ty::FLOAT64), (BOOL, Ty::Bool)];
                all.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, ty)| ty).collect()
            }
            Kind::Tuple(display) => {
                let items = self.items(display);
                let mut types = Vec::with_capacity(items.len());
                for item in items {
                    let mut cases = self.cases(self.kind(*item)?, literals)?;
                    if cases.len() != 1 {
                        return None;
                    }
                    types.extend(cases.pop());
                }
                one(Ty::tuple(types))
            }
        })
    }
}

/// What stands for a case that is not simple.
const GIVES_UP: Why = Why::NotModelled("more than a glance");

pub(super) fn gives_up() -> Outcome {
    Outcome::Hole(GIVES_UP)
}

fn one(ty: Ty) -> Cases {
    let mut cases = Cases::new();
    cases.push(ty);
    cases
}
