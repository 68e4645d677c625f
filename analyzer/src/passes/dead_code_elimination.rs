//! Removes assignments that nothing reads and that Numba takes for free of side effects.
//!
//! Numba does this before typing only where it has inlined something. There even an operation that would not type
//! is dropped, if its result is unused.

use super::cfg::Cfg;
use super::definitions::Definitions;
use super::{Env, Fact};
use crate::hir::body::{BlockId, Body, Call, InstKind, Value, VarId};

/// Library functions whose calls may go. All others may do something.
const PURE: [&str; 8] = [
    "builtins.int",
    "builtins.max",
    "builtins.slice",
    "math.ceil",
    "numba.prange",
    "numpy.dtype",
    "numpy.empty",
    "numpy.log",
];

pub(crate) fn dead_code_elimination(body: &mut Body, env: &dyn Env) {
    let cfg = Cfg::new(body);
    let pure_calls = pure_calls(body, env);
    loop {
        let aliases = Aliases::of(body, env);
        if !remove_dead(body, &cfg, &pure_calls, &aliases) {
            return;
        }
    }
}

/// Functions and methods whose result is the array that they are given, seen differently.
const VIEWS: [&str; 3] = ["ravel", "transpose", "reshape"];

/// Which variables may hold the same object.
struct Aliases {
    /// Of parameters, which the caller sees.
    params: Vec<bool>,
    others: Vec<Vec<VarId>>,
}

impl Aliases {
    fn of(body: &Body, env: &dyn Env) -> Aliases {
        let count = body.vars.len();
        let mut aliases = Aliases { params: vec![false; count], others: vec![Vec::new(); count] };
        let defs = Definitions::new(body);
        let insts = || body.blocks.iter().flat_map(|block| &block.insts);
        for inst in insts() {
            if let InstKind::Assign { dst, value: Value::Param(_) } = &inst.kind {
                aliases.params[dst.0 as usize] = true;
            }
        }
        for inst in insts() {
            let InstKind::Assign { dst, value } = &inst.kind else { continue };
            let of = match value {
                Value::Copy(of) | Value::Item(of, _) | Value::InPlace(_, of, _) => Some(of.var),
                Value::Attr(of, name) if matches!(&**name, "T" | "ctypes" | "flat") => Some(of.var),
                Value::Attr(of, name) if &**name != "shape" && aliases.params[of.var.0 as usize] => {
                    Some(of.var)
                }
                Value::Call(call) => match defs.value(body, call.func.var) {
                    Some(Value::Attr(of, name)) if VIEWS.contains(&&**name) => {
                        match path(body, &defs, of.var, env).as_deref() {
                            Some("numpy") => call.args.first().map(|arg| arg.var),
                            _ => Some(of.var),
                        }
                    }
                    _ => None,
                },
                _ => None,
            };
            if let Some(of) = of.filter(|of| of != dst) {
                aliases.add(*dst, of);
            }
        }
        aliases
    }

    fn add(&mut self, dst: VarId, of: VarId) {
        if self.params[of.0 as usize] {
            self.params[dst.0 as usize] = true;
        } else {
            self.others[of.0 as usize].push(dst);
            self.others[dst.0 as usize].push(of);
        }
    }

    /// Whether anything that is live may be the object of this variable.
    fn is_live(&self, var: VarId, live: &Set) -> bool {
        if self.params[var.0 as usize] {
            return true;
        }
        let mut seen = vec![var];
        let mut at = 0;
        while let Some(var) = seen.get(at).copied() {
            if live.contains(var) {
                return true;
            }
            for other in &self.others[var.0 as usize] {
                if !seen.contains(other) {
                    seen.push(*other);
                }
            }
            at += 1;
        }
        false
    }
}

/// By variable: whether a call of it may be dropped.
fn pure_calls(body: &Body, env: &dyn Env) -> Vec<bool> {
    let defs = Definitions::new(body);
    let mut pure = vec![false; body.vars.len()];
    for inst in body.blocks.iter().flat_map(|block| &block.insts) {
        if let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind
            && let Some(path) = path(body, &defs, call.func.var, env)
        {
            let random =
                path.strip_prefix("numpy.random.").is_some_and(|name| name != "seed" && name != "shuffle");
            pure[call.func.var.0 as usize] = random || PURE.contains(&&*path);
        }
    }
    pure
}

fn path(body: &Body, defs: &Definitions, var: VarId, env: &dyn Env) -> Option<String> {
    match defs.value(body, var)? {
        Value::Global(name) => match env.global(name) {
            Fact::Library(path) => Some(path.to_string()),
            _ => None,
        },
        Value::Attr(module, name) => Some(format!("{}.{name}", path(body, defs, module.var, env)?)),
        _ => None,
    }
}

struct Set(Vec<u64>);

impl Set {
    fn contains(&self, var: VarId) -> bool {
        self.0[var.0 as usize / 64] >> (var.0 % 64) & 1 == 1
    }

    fn insert(&mut self, var: VarId) {
        self.0[var.0 as usize / 64] |= 1 << (var.0 % 64);
    }

    fn remove(&mut self, var: VarId) {
        self.0[var.0 as usize / 64] &= !(1 << (var.0 % 64));
    }
}

/// One round. Says whether it removed anything.
fn remove_dead(body: &mut Body, cfg: &Cfg, pure_calls: &[bool], aliases: &Aliases) -> bool {
    let live_in = live_in(body, cfg);
    let n_words = body.vars.len().div_ceil(64);
    let mut removed = false;
    for block in &mut body.blocks {
        let mut live = Set(vec![0; n_words]);
        for BlockId(to) in block.term.successors() {
            for (word, more) in live.0.iter_mut().zip(&live_in[to as usize]) {
                *word |= more;
            }
        }
        block.term.uses_mut(&mut |used| live.insert(used.var));
        let mut kept = Vec::with_capacity(block.insts.len());
        for mut inst in std::mem::take(&mut block.insts).into_iter().rev() {
            if let InstKind::Assign { dst, value } = &inst.kind
                && !live.contains(*dst)
                && may_go(value, &live, pure_calls, aliases)
            {
                removed = true;
                continue;
            }
            // An item of what nobody sees again. That it goes is no reason for another round.
            if let InstKind::SetItem { target, .. } = &inst.kind
                && !aliases.is_live(target.var, &live)
            {
                continue;
            }
            if let Some(dst) = inst.kind.dst() {
                live.remove(dst);
            }
            inst.kind.uses_mut(&mut |used| live.insert(used.var));
            kept.push(inst);
        }
        kept.reverse();
        block.insts = kept;
    }
    removed
}

fn may_go(value: &Value, live: &Set, pure_calls: &[bool], aliases: &Aliases) -> bool {
    match value {
        Value::Call(call) => is_pure(call, pure_calls),
        Value::InPlace(_, target, _) => !aliases.is_live(target.var, live),
        // Parameters keep their variables; the others are calls to Numba, or looked for later.
        Value::Param(_)
        | Value::Yield(_)
        | Value::PairFirst(_)
        | Value::ExceptionCheck
        | Value::ToTuple(_) => false,
        _ => true,
    }
}

fn is_pure(call: &Call, pure_calls: &[bool]) -> bool {
    pure_calls[call.func.var.0 as usize]
}

fn live_in(body: &mut Body, cfg: &Cfg) -> Vec<Vec<u64>> {
    let n_words = body.vars.len().div_ceil(64);
    let mut live_in = vec![vec![0; n_words]; body.blocks.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for block in cfg.order.iter().rev() {
            let b = *block as usize;
            let mut live = Set(vec![0; n_words]);
            for succ in &cfg.succs[b] {
                for (word, more) in live.0.iter_mut().zip(&live_in[*succ as usize]) {
                    *word |= more;
                }
            }
            let block = &mut body.blocks[b];
            block.term.uses_mut(&mut |used| live.insert(used.var));
            for inst in block.insts.iter_mut().rev() {
                if let Some(dst) = inst.kind.dst() {
                    live.remove(dst);
                }
                inst.kind.uses_mut(&mut |used| live.insert(used.var));
            }
            if live.0 != live_in[b] {
                live_in[b] = live.0;
                changed = true;
            }
        }
    }
    live_in
}
