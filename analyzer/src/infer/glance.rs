//! Whether a body is plainly well typed for some arguments, found without its types.
//!
//! A glance goes over the body with what each variable can hold in any round of inference: a few kinds of numbers, or
//! one type throughout. It asks the same rules as inference does, and gives up at whatever is not simple: at
//! containers that grow, at functions of the project, at types that merge to something else. What it calls well
//! typed, inference has nothing against; of all else it says nothing.

mod ask;
mod kind;
#[cfg(test)]
mod tests;

use smallvec::SmallVec;

use crate::hir::JitOptions;
use crate::hir::body::{Call, CmpOp, Inst, InstKind, Terminator, UnaryOp, Use, Value, VarId};
use crate::table::{self, Outcome, Typed};
use crate::ty::unify::{Unified, unify_returns};
use crate::ty::{BufferKind, IntTy, Literal, Ty, Why};

use super::call::{cast_call, library_outcome};
use super::context::Context;
use super::{TypedBody, attr, display, index, iter, ops};
use ask::gives_up;
use kind::{BOOL, FLOAT, INT, Kind, WRITTEN, Walk, arithmetic, is_simple, widened};

/// More passes than any usual body needs for its numbers to settle.
const MOST_PASSES: usize = 6;

type Kinds = SmallVec<[Kind; 4]>;

struct Glance<'a> {
    cx: &'a dyn Context,
    /// What is known of the body without types for its arguments.
    open: &'a TypedBody,
    args: &'a [Ty],
    kinds: Vec<Option<Kind>>,
    /// When each variable changed, and when each instruction was looked at. Time counts the changes.
    changed: Vec<u32>,
    looked: Vec<u32>,
    now: u32,
    /// Whether an operand held nothing yet.
    waits: bool,
    /// The types after those of `open`.
    types: Vec<Ty>,
    /// The displays of tuples, by the variables that they are assigned to.
    displays: Vec<(VarId, &'a [Use])>,
}

/// Whether inference types the body of `open` for these arguments without a problem. `open` has none itself.
pub(super) fn passes(cx: &dyn Context, open: &TypedBody, args: &[Ty], options: &JitOptions) -> bool {
    if open.body.is_generator || !options.locals.is_empty() || cx.is_python() {
        return false;
    }
    let (vars, insts) = (open.types.len(), open.body.n_insts as usize);
    let glance = Glance {
        cx,
        open,
        args,
        kinds: vec![None; vars],
        changed: vec![0; vars],
        looked: vec![0; insts],
        now: 1,
        waits: false,
        types: Vec::new(),
        displays: Vec::new(),
    };
    glance.settles().is_some()
}

impl<'a> Glance<'a> {
    fn settles(mut self) -> Option<()> {
        let open = self.open;
        let mut waiting: SmallVec<[&Inst; 8]> = SmallVec::new();
        for inst in open.body.blocks.iter().flat_map(|block| &block.insts) {
            self.waits = false;
            self.inst(inst)?;
            if self.waits {
                waiting.push(inst);
            }
        }
        // Mostly the ends of loops bring what their beginnings did.
        let before = self.now;
        for inst in waiting {
            self.inst(inst)?;
        }
        if self.now == before {
            return self.ends();
        }
        for _ in 0..MOST_PASSES {
            let before = self.now;
            for block in &open.body.blocks {
                for inst in &block.insts {
                    self.inst(inst)?;
                }
            }
            if self.now == before {
                return self.ends();
            }
        }
        None
    }

    /// What is asked once every variable is settled.
    fn ends(&self) -> Option<()> {
        let body = &self.open.body;
        let defined = body.blocks.iter().flat_map(|block| &block.insts).filter_map(|inst| inst.kind.dst());
        if defined.into_iter().any(|dst| self.kinds[dst.0 as usize].is_none()) {
            return None;
        }
        let mut returns: Vec<Ty> = Vec::new();
        for block in &body.blocks {
            match &block.term {
                Terminator::Branch { cond, .. } => match self.kind(*cond)? {
                    Kind::Number(_) => {}
                    Kind::Is(place) if !matches!(ops::truth(self.ty_at(place)), Outcome::Refused(_)) => {}
                    _ => return None,
                },
                Terminator::Return(value) => returns.push(self.last_ty(self.kind(*value)?)?),
                Terminator::Raise(Some(value)) => {
                    let kind = self.kind(*value)?;
                    let exception =
                        matches!(kind, Kind::Is(place) if matches!(self.ty_at(place), Ty::Exception(_)));
                    (exception || self.untouched(kind)).then_some(())?;
                }
                Terminator::Raise(None) | Terminator::Jump(_) | Terminator::Unreachable => {}
            }
        }
        match returns.as_slice() {
            [] | [_] => Some(()),
            returns => (unify_returns(returns) != Unified::Clash).then_some(()),
        }
    }

    /// Looks at one instruction; `None` gives up.
    fn inst(&mut self, inst: &'a Inst) -> Option<()> {
        match &inst.kind {
            InstKind::Assign { dst, value } => {
                if let Some(kind) = self.assigned(inst, *dst, value)? {
                    self.set(*dst, kind);
                }
                Some(())
            }
            InstKind::SetItem { target, index, value } => match self.read(inst, [*target, *index, *value]) {
                Some(operands) => self.set_item(operands),
                None => Some(()),
            },
            InstKind::TryBegin { .. } | InstKind::TryEnd => Some(()),
            InstKind::SetAttr { .. } | InstKind::DelItem { .. } | InstKind::ObjMode { .. } => None,
        }
    }

    /// The operands of an instruction; `None` while one holds nothing yet, and if none has changed since.
    fn read(&mut self, inst: &Inst, operands: impl IntoIterator<Item = Use>) -> Option<Kinds> {
        let mut kinds = Kinds::new();
        let mut newest = 0;
        for used in operands {
            let Some(kind) = self.kind(used) else {
                self.waits = true;
                return None;
            };
            kinds.push(kind);
            newest = newest.max(self.changed[used.var.0 as usize]);
        }
        let looked = &mut self.looked[inst.id.0 as usize];
        if newest <= *looked {
            return None;
        }
        *looked = self.now;
        Some(kinds)
    }

    /// What an instruction assigns. Inside, `None` where that is what it was.
    fn assigned(&mut self, inst: &Inst, dst: VarId, value: &'a Value) -> Option<Option<Kind>> {
        let operands = match value {
            Value::Const(_) | Value::Global(_) | Value::Free(_) | Value::Param(_)
                if self.kinds[dst.0 as usize].is_some() =>
            {
                return Some(None);
            }
            Value::Const(_) | Value::Global(_) | Value::Free(_) => return self.as_open(dst).map(Some),
            Value::Param(number) => {
                let ty = self.args.get(*number as usize)?.clone();
                return self.kind_of(ty).map(Some);
            }
            Value::Phi(inputs) => return self.merged(inst, dst, inputs.iter().map(|(_, input)| input.var)),
            Value::Copy(from) => return Some(self.read(inst, [*from]).map(|kinds| kinds[0])),
            Value::Unary(_, a)
            | Value::Attr(a, _)
            | Value::Iter(a)
            | Value::Next(a)
            | Value::PairFirst(a)
            | Value::PairSecond(a)
            | Value::Exhaust(a, _) => self.read(inst, [*a]),
            Value::Binary(_, a, b)
            | Value::InPlace(_, a, b)
            | Value::Compare(_, a, b)
            | Value::Item(a, b) => self.read(inst, [*a, *b]),
            Value::Call(call) if call.star.is_none() => {
                let keywords = call.kwargs.iter().map(|(_, used)| *used);
                self.read(inst, std::iter::once(call.func).chain(call.args.iter().copied()).chain(keywords))
            }
            Value::Tuple(items) if !items.is_empty() => self.read(inst, items.iter().copied()),
            Value::Slice(bounds) if bounds.iter().any(Option::is_some) => {
                self.read(inst, bounds.iter().flatten().copied())
            }
            Value::Tuple(_) | Value::Slice(..) => return self.as_open(dst).map(Some),
            _ => return None,
        };
        let Some(operands) = operands else { return Some(None) };
        if operands.iter().all(|kind| self.untouched(*kind)) {
            let calls_project =
                matches!(value, Value::Call(_)) && operands.iter().any(|kind| self.is_of_project(*kind));
            return if calls_project { None } else { self.as_open(dst).map(Some) };
        }
        self.value(dst, value, &operands).map(Some)
    }

    fn value(&mut self, dst: VarId, value: &'a Value, operands: &[Kind]) -> Option<Kind> {
        match (value, operands) {
            (Value::Unary(op, _), [a]) => match (op, self.number(*a)) {
                (UnaryOp::Not, Some(_)) => Some(Kind::Number(BOOL)),
                (UnaryOp::Neg | UnaryOp::Pos, Some(bits)) if bits & BOOL == 0 => {
                    Some(Kind::Number(widened(bits)))
                }
                _ => self.ask(operands, false, &|_, types| ops::unary(*op, &types[0])),
            },
            (Value::Binary(op, ..) | Value::InPlace(op, ..), [a, b]) => {
                if let (Some(a), Some(b)) = (self.number(*a), self.number(*b))
                    && let Some(bits) = arithmetic(*op, a, b)
                {
                    return Some(Kind::Number(bits));
                }
                let in_place = matches!(value, Value::InPlace(..));
                self.ask(operands, false, &|_, types| match in_place {
                    true => ops::inplace(*op, &types[0], &types[1]),
                    false => ops::binary(*op, &types[0], &types[1]),
                })
            }
            (Value::Compare(op, ..), [a, b]) => {
                let numbers = self.number(*a).is_some() && self.number(*b).is_some();
                match op {
                    CmpOp::Is | CmpOp::IsNot => Some(Kind::Number(BOOL)),
                    CmpOp::Eq | CmpOp::NotEq | CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE if numbers => {
                        Some(Kind::Number(BOOL))
                    }
                    _ => self.ask(operands, false, &|_, types| ops::compare(*op, &types[0], &types[1])),
                }
            }
            (Value::Item(..), [target, key]) => self.item(*target, *key),
            (Value::Iter(_), [Kind::Range(Walk::Range)]) => Some(Kind::Range(Walk::Iterator)),
            (Value::Next(_), [Kind::Range(Walk::Iterator)]) => Some(Kind::Range(Walk::Item)),
            (Value::PairFirst(_), [Kind::Range(Walk::Item)]) => Some(Kind::Number(INT)),
            (Value::Iter(_), _) => self.ask(operands, true, &|_, types| iter::getiter(&types[0])),
            (Value::Next(_), _) => self.ask(operands, true, &|_, types| match iter::iternext(&types[0]) {
                Outcome::Known(typed) => Outcome::known(Ty::Pair((typed.ret, Ty::Bool).into())),
                other => other,
            }),
            (Value::PairFirst(_), [Kind::Is(place)]) => match self.ty_at(*place) {
                Ty::Pair(pair) => {
                    let first = pair.0.clone();
                    self.kind_of(first)
                }
                Ty::Hole(_) => Some(Kind::Is(*place)),
                _ => None,
            },
            (Value::PairSecond(_), _) => Some(Kind::Number(BOOL)),
            (Value::Exhaust(_, count), [source]) => match source {
                Kind::Tuple(display) if self.items(*display).len() == *count as usize => Some(*source),
                _ => self.ask(operands, true, &|_, types| iter::exhaust(&types[0], *count)),
            },
            (Value::Tuple(items), _) => Some(self.display(dst, items)),
            (Value::Slice(bounds), _) => {
                let given = bounds.each_ref().map(Option::is_some);
                self.ask(operands, true, &|_, types| {
                    let mut types = types.iter();
                    let [start, stop, step] = given.map(|given| if given { types.next() } else { None });
                    display::slice(start, stop, step)
                })
            }
            (Value::Attr(_, name), [_]) => {
                let method =
                    |outcome: &Outcome| matches!(outcome, Outcome::Known(Typed { ret: Ty::Method(_), .. }));
                self.ask(operands, true, &|_, types| match attr::attribute(&types[0], name) {
                    // The methods of arrays leave their receiver as it is.
                    outcome if method(&outcome) && !matches!(types[0], Ty::Array(_)) => gives_up(),
                    outcome => match types[0] {
                        Ty::Hole(Why::NotInTable(_) | Why::UnresolvedImport(_)) | Ty::Module(_) => gives_up(),
                        _ => outcome,
                    },
                })
            }
            (Value::Call(call), [func, ..]) => self.call(call, *func, operands),
            _ => None,
        }
    }

    fn display(&mut self, dst: VarId, items: &'a [Use]) -> Kind {
        let known = self.displays.iter().position(|(var, _)| *var == dst);
        let place = known.unwrap_or_else(|| {
            self.displays.push((dst, items));
            self.displays.len() - 1
        });
        Kind::Tuple(u32::try_from(place).unwrap_or(u32::MAX))
    }

    fn item(&mut self, target: Kind, key: Kind) -> Option<Kind> {
        if let Kind::Is(place) = target
            && let Some(elem) = self.element(place, key)
        {
            return Some(elem);
        }
        let tuple = match target {
            Kind::Tuple(_) => true,
            Kind::Is(place) => matches!(self.ty_at(place), Ty::Tuple(_)),
            Kind::Number(_) | Kind::Range(_) => false,
        };
        if tuple {
            let constant = match key {
                Kind::Is(place) => match self.ty_at(place) {
                    Ty::Literal(Literal::Int(value)) => Some(value.get()),
                    _ => return None,
                },
                Kind::Number(bits) if bits & (FLOAT | BOOL) == 0 => None,
                _ => return None,
            };
            if let (Kind::Tuple(display), Some(constant)) = (target, &constant) {
                let item = *self.items(display).get(usize::try_from(*constant).ok()?)?;
                return self.kind(item);
            }
        }
        let numba = self.cx.numba();
        self.ask(&[target, key], tuple, &|_, types| {
            index::as_of(numba, &types[1], index::getitem(&types[0], &types[1]))
        })
    }

    /// The item of an array of numbers that has an int for each dimension.
    fn element(&self, place: u32, key: Kind) -> Option<Kind> {
        let Ty::Array(array) = self.ty_at(place) else { return None };
        let elem = match array.elem {
            Ty::FLOAT64 => Kind::Number(FLOAT),
            Ty::INT64 => Kind::Number(INT),
            _ => return None,
        };
        let full = match key {
            Kind::Tuple(display) => {
                let items = self.items(display);
                Some(items.len()) == array.ndim.map(usize::from)
                    && items.iter().all(|item| self.kind(*item).is_some_and(|item| self.is_int(item)))
            }
            key => array.ndim == Some(1) && self.is_int(key),
        };
        (full && array.kind == BufferKind::Array).then_some(elem)
    }

    fn set_item(&mut self, operands: Kinds) -> Option<()> {
        let [target, key, value] = *operands.as_slice() else { return None };
        let Kind::Is(place) = target else { return None };
        match self.ty_at(place) {
            Ty::Array(array) if !array.readonly => {
                let elem = self.element(place, key);
                let fits = match self.number(value) {
                    Some(bits) => {
                        bits & BOOL == 0 && (elem == Some(Kind::Number(FLOAT)) || bits & FLOAT == 0)
                    }
                    None => false,
                };
                if elem.is_some() && fits {
                    return Some(());
                }
            }
            Ty::Hole(_) => {}
            _ => return None,
        }
        self.ask(&operands, true, &|_, types| index::setitem(&types[0], &types[1], &types[2])).map(|_| ())
    }

    fn call(&mut self, call: &Call, func: Kind, operands: &[Kind]) -> Option<Kind> {
        let Kind::Is(place) = func else { return None };
        if operands[1..].iter().any(|kind| self.is_of_project(*kind)) {
            return None;
        }
        match self.ty_at(place) {
            Ty::Function(path) if matches!(&**path, "builtins.range" | "numba.prange") => {
                let limits = &operands[1..];
                if call.kwargs.is_empty()
                    && (1..=3).contains(&limits.len())
                    && limits.iter().all(|limit| self.is_int(*limit))
                {
                    return Some(Kind::Range(Walk::Range));
                }
            }
            // What is refused of a hole is refused whatever it is called with.
            Ty::Hole(_) => return Some(func),
            Ty::ExceptionClass(name) => {
                let exception = Ty::Exception(name.clone());
                return self.kind_of(exception);
            }
            Ty::Function(_) | Ty::Method(_) | Ty::NumberClass(_) => {}
            _ => return None,
        }
        let positional = call.args.len();
        self.ask(operands, true, &|cx, types| {
            let (positional, keywords) = types[1..].split_at(positional);
            let names = call.kwargs.iter().map(|(name, _)| name.clone());
            let keywords: Vec<_> = names.zip(keywords.iter().cloned()).collect();
            let row = match &types[0] {
                Ty::NumberClass(ty) => return cast_call(ty, positional),
                Ty::Function(path) => table::find(path).map(|row| (row, None)),
                Ty::Method(method) => {
                    let row = attr::method_path(&method.0, &method.1).and_then(|path| table::find(&path));
                    row.map(|row| (row, Some(&method.0)))
                }
                _ => None,
            };
            match row {
                Some((row, recv)) => library_outcome(cx, row, recv, positional, &keywords),
                None => gives_up(),
            }
        })
    }

    /// The type that a variable has in the last round.
    fn last_ty(&self, kind: Kind) -> Option<Ty> {
        Some(match kind {
            Kind::Is(place) => self.ty_at(place).clone(),
            Kind::Range(walk) => walk.ty(),
            Kind::Number(bits) if bits & FLOAT != 0 => Ty::FLOAT64,
            Kind::Number(bits) if bits & (INT | WRITTEN) != 0 => Ty::INT64,
            Kind::Number(_) => Ty::Bool,
            Kind::Tuple(display) => {
                let items = self.items(display).iter();
                Ty::tuple(items.map(|item| self.last_ty(self.kind(*item)?)).collect::<Option<Vec<Ty>>>()?)
            }
        })
    }

    fn merged(
        &mut self,
        inst: &Inst,
        dst: VarId,
        inputs: impl Iterator<Item = VarId> + Clone,
    ) -> Option<Option<Kind>> {
        let newest = inputs.clone().map(|input| self.changed[input.0 as usize]).max();
        if newest <= Some(self.looked[inst.id.0 as usize]) {
            return Some(None);
        }
        self.looked[inst.id.0 as usize] = self.now;
        let mut joined = self.kinds[dst.0 as usize];
        for input in inputs {
            let Some(kind) = self.kinds[input.0 as usize] else {
                self.waits = true;
                continue;
            };
            if matches!(kind, Kind::Is(place) if self.ty_at(place).has_hole()) {
                return None;
            }
            joined = Some(match joined {
                Some(before) => self.join(before, kind)?,
                None => kind,
            });
        }
        Some(joined)
    }

    /// What holds both, where one type does or both are numbers.
    fn join(&self, a: Kind, b: Kind) -> Option<Kind> {
        if self.same(a, b) {
            return Some(a);
        }
        Some(Kind::Number(self.number(a)? | self.number(b)?))
    }

    fn same(&self, a: Kind, b: Kind) -> bool {
        match (a, b) {
            (Kind::Is(a), Kind::Is(b)) => a == b || self.ty_at(a) == self.ty_at(b),
            _ => a == b,
        }
    }

    fn set(&mut self, dst: VarId, kind: Kind) {
        let before = self.kinds[dst.0 as usize];
        // A tuple that is looked at again has other items.
        if matches!(kind, Kind::Tuple(_)) || before.is_none_or(|before| !self.same(before, kind)) {
            self.kinds[dst.0 as usize] = Some(kind);
            self.now += 1;
            self.changed[dst.0 as usize] = self.now;
        }
    }

    /// A variable that no argument reaches: what it is without types for them.
    fn as_open(&self, dst: VarId) -> Option<Kind> {
        is_simple(&self.open.types[dst.0 as usize]).then_some(Kind::Is(dst.0))
    }

    fn kind_of(&mut self, ty: Ty) -> Option<Kind> {
        Some(match ty {
            Ty::INT64 => Kind::Number(INT),
            Ty::FLOAT64 => Kind::Number(FLOAT),
            Ty::Bool => Kind::Number(BOOL),
            Ty::Range(IntTy::I64) => Kind::Range(Walk::Range),
            ty if is_simple(&ty) => {
                let place = self.types.iter().position(|known| *known == ty).unwrap_or_else(|| {
                    self.types.push(ty);
                    self.types.len() - 1
                });
                Kind::Is(u32::try_from(self.open.types.len() + place).ok()?)
            }
            _ => return None,
        })
    }

    fn ty_at(&self, place: u32) -> &Ty {
        let place = place as usize;
        let open = &self.open.types;
        open.get(place).unwrap_or_else(|| &self.types[place - open.len()])
    }

    fn kind(&self, used: Use) -> Option<Kind> {
        self.kinds[used.var.0 as usize]
    }

    /// The numbers that a variable can hold, if it only holds numbers of these sorts.
    fn number(&self, kind: Kind) -> Option<u8> {
        match kind {
            Kind::Number(bits) => Some(bits),
            Kind::Is(place) => match self.ty_at(place) {
                &Ty::INT64 => Some(INT),
                &Ty::FLOAT64 => Some(FLOAT),
                Ty::Bool | Ty::Literal(Literal::Bool(_)) => Some(BOOL),
                Ty::Literal(Literal::Int(value)) if i64::try_from(value.get()).is_ok() => Some(WRITTEN | INT),
                _ => None,
            },
            Kind::Range(_) | Kind::Tuple(_) => None,
        }
    }

    /// Whether these are ints, whether or not they are part of their type.
    fn is_int(&self, kind: Kind) -> bool {
        self.number(kind).is_some_and(|bits| bits & (FLOAT | BOOL) == 0)
    }

    /// Whether nothing depends on the arguments.
    fn untouched(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Is(place) if (place as usize) < self.open.types.len())
    }

    /// Whether a function of the project is in a value: calls of it are no part of a glance.
    fn is_of_project(&self, kind: Kind) -> bool {
        match kind {
            Kind::Number(_) | Kind::Range(_) => false,
            Kind::Is(place) => self.ty_at(place).any(&mut |ty| matches!(ty, Ty::Dispatcher(_))),
            Kind::Tuple(display) => {
                let mut items = self.items(display).iter().map(|item| self.kind(*item));
                items.any(|kind| kind.is_none_or(|kind| self.is_of_project(kind)))
            }
        }
    }

    /// What a tuple display is made of.
    fn items(&self, display: u32) -> &'a [Use] {
        self.displays[display as usize].1
    }
}
