//! Loops that fill a list which becomes an array at once: Numba makes the array before the loop, of as many items as
//! the iterator has, and needs an iterator that can tell. Which iterators can is known once they have types.
//!
//! The conditions are those of Numba's `inline_closurecall`: one way out of the loop, at whose end `np.array` takes the
//! list, which nothing reads later; a list that is empty before; one `append`, in the block from which the next round
//! starts.

mod rename;

use super::cfg::{Cfg, Loop};
use super::definitions::Definitions;
use super::{Env, Fact};
use crate::hir::body::{
    Body, Call, Inst, InstId, InstKind, SizedLoop, SizedRefusal, Terminator, Use, Value, VarId,
};

/// Finds the loops of a body that Numba sizes in advance, bigger ones first, and lets the names of their lists be the
/// arrays. Says whether there are any.
pub(super) fn inline_arraycalls(body: &mut Body, env: &dyn Env) -> bool {
    let found = sized_loops(body, env);
    body.sized_loops = found.into_iter().map(|filled| rename::rename(body, filled)).collect();
    !body.sized_loops.is_empty()
}

/// A sized loop and its list.
struct Filled {
    sized: SizedLoop,
    /// Makes the list.
    made: InstId,
    /// Puts the list into one that became an array, so that there is no array of its own.
    is_nested: bool,
    around: Loop,
    /// The block before the loop, and the one after it.
    entry: u32,
    exit: u32,
}

fn sized_loops(body: &Body, env: &dyn Env) -> Vec<Filled> {
    let insts = || body.blocks.iter().flat_map(|block| &block.insts);
    let may_call = insts().any(|inst| match &inst.kind {
        InstKind::Assign { value: Value::Attr(_, name) | Value::Global(name), .. } => &**name == "array",
        _ => false,
    });
    let guarded = || insts().any(|inst| matches!(inst.kind, InstKind::TryBegin { .. }));
    if !may_call || guarded() {
        return Vec::new();
    }
    let (cfg, defs) = (Cfg::new(body), Definitions::new(body));
    let mut search =
        Search { body, defs: &defs, env, loops: cfg.natural_loops(), cfg: &cfg, filled: Vec::new() };
    search.loops.sort_by_key(|found| std::cmp::Reverse(found.blocks().count()));
    for visited in 1..=search.loops.len() {
        if let Some(filled) = search.fills_list(&search.loops[visited - 1], &search.loops[..visited]) {
            search.filled.push(filled);
        }
    }
    search.filled
}

struct Search<'a> {
    body: &'a Body,
    cfg: &'a Cfg,
    defs: &'a Definitions,
    env: &'a dyn Env,
    loops: Vec<Loop>,
    /// The loops that were found so far.
    filled: Vec<Filled>,
}

impl Search<'_> {
    fn fills_list(&self, around: &Loop, visited: &[Loop]) -> Option<Filled> {
        let outside = |block: &u32| !around.has(*block);
        let mut exits =
            around.blocks().flat_map(|block| self.cfg.succs[block as usize].iter().copied()).filter(outside);
        let exit = exits.next().filter(|exit| exits.all(|other| other == *exit))?;
        let ArrayCall { call, list, is_nested } = self.array_call(exit)?;
        let (made, value) = self.defs.resolve(self.body, list)?;
        let empty = matches!(value, Value::ComprehensionList)
            || matches!(value, Value::List(items) if items.is_empty());
        if !empty {
            return None;
        }
        let (append_block, append) = self.only_append(around, visited, made.id)?;
        let header = around.header as usize;
        let entries: Vec<u32> = self.cfg.preds[header].iter().copied().filter(outside).collect();
        let [entry] = entries[..] else { return None };
        if !self.cfg.preds[header].iter().all(|pred| [append_block, entry].contains(pred)) {
            return None;
        }
        let insts = || self.body.blocks[header].insts.iter();
        let is_next = |inst: &&Inst| matches!(inst.kind, InstKind::Assign { value: Value::Next(_), .. });
        let is_first =
            |inst: &&Inst| matches!(inst.kind, InstKind::Assign { value: Value::PairFirst(_), .. });
        let next = insts().find(is_next)?.id;
        if insts().filter(is_next).count() != 1 || insts().filter(is_first).count() != 1 {
            return None;
        }
        let refused = match self.dtype_of_call(call) {
            true => Some((call, SizedRefusal::DtypeOfCall)),
            false => self.made_again(made.id, call).map(|again| (again, SizedRefusal::Again)),
        };
        let sized = SizedLoop { next, append, call, refused, is_read_early: false };
        Some(Filled { sized, made: made.id, is_nested, around: around.clone(), entry, exit })
    }

    /// Whether a call takes its dtype from what another call gives.
    fn dtype_of_call(&self, call: InstId) -> bool {
        let mut insts = self.body.blocks.iter().flat_map(|block| &block.insts);
        let found = insts.find(|inst| inst.id == call).map(|inst| &inst.kind);
        let Some(InstKind::Assign { value: Value::Call(call), .. }) = found else { return false };
        let dtype = call.kwargs.iter().find(|(name, _)| &**name == "dtype");
        let of = dtype.and_then(|(_, dtype)| self.defs.value(self.body, dtype.var));
        matches!(of, Some(Value::Attr(of, _)) if matches!(self.defs.value(self.body, of.var), Some(Value::Call(_))))
    }

    /// Another call that makes an array of a list.
    fn made_again(&self, list: InstId, call: InstId) -> Option<InstId> {
        let mut insts = self.body.blocks.iter().flat_map(|block| &block.insts);
        let again = insts.find(|inst| match &inst.kind {
            InstKind::Assign { value: Value::Call(other), .. } if inst.id != call && self.is_array(other) => {
                let made = other.args.first().and_then(|arg| self.defs.resolve(self.body, arg.var));
                made.is_some_and(|(made, _)| made.id == list)
            }
            _ => false,
        });
        again.map(|inst| inst.id)
    }

    /// The call in a block that makes an array of a list, or puts a list into one that became an array. Numba goes on
    /// until the list is dead and stops at what assigns nothing.
    fn array_call(&self, block: u32) -> Option<ArrayCall> {
        let insts = &self.body.blocks[block as usize].insts;
        let mut found: Option<(ArrayCall, &Call)> = None;
        for (inst, next) in insts.iter().zip(1usize..) {
            let InstKind::Assign { value, .. } = &inst.kind else { return None };
            if let Value::Call(call) = value
                && let Some(first) = call.args.first()
            {
                let made = |is_nested| (ArrayCall { call: inst.id, list: first.var, is_nested }, &**call);
                let nests = || self.filled.iter().any(|outer| Some(outer.made) == self.appended_to(call));
                if self.is_array(call) {
                    found = Some(made(false));
                } else if found.is_none() && nests() {
                    found = Some(made(true));
                }
            }
            // What is returned or asked is given a variable of its own, the last thing before.
            let term = &self.body.blocks[block as usize].term;
            let is_last = |made: &ArrayCall| match next == insts.len() {
                true => true,
                false => {
                    !term_reads(term, made.list)
                        && !insts[next..].iter().any(|later| mentions(later, made.list))
                }
            };
            if let Some((made, call)) = found.take_if(|(made, _)| is_last(made)) {
                let dtype = call.kwargs.iter().find(|(name, _)| &**name == "dtype");
                let is_attr =
                    |value: &Use| matches!(self.defs.value(self.body, value.var), Some(Value::Attr(..)));
                let can_size = dtype.is_none_or(|(_, value)| is_attr(value));
                return (can_size && !self.is_read_after(block, made.list)).then_some(made);
            }
        }
        None
    }

    /// Whether something reads what a variable is at the end of a block.
    fn is_read_after(&self, block: u32, var: VarId) -> bool {
        let mut todo = self.cfg.succs[block as usize].to_vec();
        let mut seen = todo.clone();
        while let Some(next) = todo.pop() {
            let found = &self.body.blocks[next as usize];
            let first = found.insts.iter().find(|inst| mentions(inst, var));
            match first {
                Some(inst) if reads(inst, var) => return true,
                Some(_) => continue,
                None if term_reads(&found.term, var) => return true,
                None => {}
            }
            for to in &self.cfg.succs[next as usize] {
                if !seen.contains(to) {
                    seen.push(*to);
                    todo.push(*to);
                }
            }
        }
        false
    }

    fn is_array(&self, call: &Call) -> bool {
        let fact = |value: Option<&Value>| match value {
            Some(Value::Global(name)) => self.env.global(name),
            Some(Value::Free(name)) => self.env.free(name),
            _ => Fact::Unknown,
        };
        let is = |fact: Fact, path: &str| matches!(fact, Fact::Library(found) if &*found == path);
        match self.defs.value(self.body, call.func.var) {
            Some(Value::Attr(of, name)) if &**name == "array" => {
                is(fact(self.defs.value(self.body, of.var)), "numpy")
            }
            value => is(fact(value), "numpy.array"),
        }
    }

    /// What made the list that a call of `append` appends to.
    fn appended_to(&self, call: &Call) -> Option<InstId> {
        match self.defs.value(self.body, call.func.var)? {
            Value::Attr(of, name) if &**name == "append" => {
                self.defs.resolve(self.body, of.var).map(|(made, _)| made.id)
            }
            _ => None,
        }
    }

    /// The only `append` of a loop with its block, inner loops left out.
    fn only_append(&self, around: &Loop, visited: &[Loop], list: InstId) -> Option<(u32, InstId)> {
        let is_inner = |block: u32| {
            let is_visited = |of: &Loop| visited.iter().any(|seen| seen.header == of.header);
            self.loops.iter().any(|other| other.has(block) && !is_visited(other))
        };
        let mut appends = around.blocks().filter(|block| !is_inner(*block)).flat_map(|block| {
            let insts = self.body.blocks[block as usize].insts.iter();
            let is_append = |inst: &&Inst| match &inst.kind {
                InstKind::Assign { value: Value::Call(call), .. } => self.appended_to(call) == Some(list),
                _ => false,
            };
            insts.filter(is_append).map(move |inst| (block, inst.id))
        });
        let only = appends.next()?;
        appends.next().is_none().then_some(only)
    }
}

struct ArrayCall {
    call: InstId,
    list: VarId,
    is_nested: bool,
}

fn mentions(inst: &Inst, var: VarId) -> bool {
    inst.kind.dst() == Some(var) || reads(inst, var)
}

fn reads(inst: &Inst, var: VarId) -> bool {
    let mut found = false;
    inst.kind.clone().uses_mut(&mut |used| found |= used.var == var);
    found
}

fn term_reads(term: &Terminator, var: VarId) -> bool {
    let mut found = false;
    term.clone().uses_mut(&mut |used| found |= used.var == var);
    found
}
