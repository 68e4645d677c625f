//! Loops that fill a list which becomes an array at once: Numba makes the array before the loop, of as many items as
//! the iterator has, and needs an iterator that can tell. Which iterators can is known once they have types.
//!
//! The conditions are those of Numba's `inline_closurecall`: one way out of the loop, at whose end `np.array` takes the
//! list; a list that is empty before; one `append`, in the block from which the next round starts.

use super::cfg::{Cfg, Loop};
use super::definitions::Definitions;
use super::{Env, Fact};
use crate::hir::body::{Body, Call, Inst, InstId, InstKind, SizedLoop, Value, VarId};

/// The loops of a body that Numba sizes in advance, bigger ones first.
pub(super) fn sized_loops(body: &Body, env: &dyn Env) -> Vec<SizedLoop> {
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
        Search { body, defs: &defs, env, loops: cfg.natural_loops(), cfg: &cfg, lists: Vec::new() };
    search.loops.sort_by_key(|found| std::cmp::Reverse(found.blocks().count()));
    let mut visited: Vec<u32> = Vec::new();
    let mut sized = Vec::new();
    for at in 0..search.loops.len() {
        visited.push(search.loops[at].header);
        if let Some((found, list)) = search.sized(&search.loops[at], &visited) {
            search.lists.push(list);
            sized.push(found);
        }
    }
    sized
}

struct Search<'a> {
    body: &'a Body,
    cfg: &'a Cfg,
    defs: &'a Definitions,
    env: &'a dyn Env,
    loops: Vec<Loop>,
    /// What made the lists that became arrays so far.
    lists: Vec<InstId>,
}

impl Search<'_> {
    /// Whether a loop is sized in advance, and the instruction that makes its list.
    fn sized(&self, found: &Loop, visited: &[u32]) -> Option<(SizedLoop, InstId)> {
        let outside = |block: &u32| !found.has(*block);
        let mut exits =
            found.blocks().flat_map(|block| self.cfg.succs[block as usize].iter().copied()).filter(outside);
        let exit = exits.next().filter(|exit| exits.all(|other| other == *exit))?;
        let (call, list) = self.array_call(exit)?;
        let (made, value) = self.defs.resolve(self.body, list)?;
        let empty = matches!(value, Value::ComprehensionList)
            || matches!(value, Value::List(items) if items.is_empty());
        if !empty {
            return None;
        }
        let (append_block, append) = self.only_append(found, visited, made.id)?;
        let header = found.header as usize;
        let entries: Vec<u32> = self.cfg.preds[header].iter().copied().filter(outside).collect();
        let round = |pred: &u32| *pred == append_block || entries.contains(pred);
        if entries.len() != 1 || !self.cfg.preds[header].iter().all(round) {
            return None;
        }
        let insts = || self.body.blocks[header].insts.iter();
        let is_next = |inst: &&Inst| matches!(inst.kind, InstKind::Assign { value: Value::Next(_), .. });
        let is_first =
            |inst: &&Inst| matches!(inst.kind, InstKind::Assign { value: Value::PairFirst(_), .. });
        let next = insts().find(is_next)?.id;
        (insts().filter(is_next).count() == 1 && insts().filter(is_first).count() == 1)
            .then_some((SizedLoop { next, append, call, again: self.made_again(made.id, call) }, made.id))
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

    /// The first call in a block that makes an array of a list, or puts a list into one that became an array.
    fn array_call(&self, block: u32) -> Option<(InstId, VarId)> {
        for inst in &self.body.blocks[block as usize].insts {
            let InstKind::Assign { value, .. } = &inst.kind else { return None };
            let Value::Call(call) = value else { continue };
            let Some(first) = call.args.first() else { continue };
            let nested = || self.appended_to(call).is_some_and(|list| self.lists.contains(&list));
            if self.is_array(call) || nested() {
                return Some((inst.id, first.var));
            }
        }
        None
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
    fn only_append(&self, found: &Loop, visited: &[u32], list: InstId) -> Option<(u32, InstId)> {
        let own = |block: &u32| {
            let mut around = self.loops.iter().filter(|other| other.has(*block));
            around.all(|other| visited.contains(&other.header))
        };
        let mut appends = found.blocks().filter(own).flat_map(|block| {
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
