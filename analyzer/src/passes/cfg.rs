//! The control-flow graph of a body: predecessors, dominators, dominance frontiers.
//!
//! Blocks that the entry does not reach are in no edge and have no dominator.

use smallvec::SmallVec;

use crate::hir::body::{BlockId, Body};

const NONE: u32 = u32::MAX;

/// A few blocks; most have at most two neighbours.
pub(crate) type Edges = SmallVec<[u32; 4]>;

pub(crate) struct Cfg {
    /// Without duplicates, ascending.
    pub(crate) preds: Vec<Edges>,
    pub(crate) succs: Vec<Edges>,
    /// Reachable blocks, every block before those it dominates.
    pub(crate) order: Vec<u32>,
    /// Position in `order`.
    position: Vec<u32>,
    idom: Vec<u32>,
    /// Preorder in the tree of dominators, and how many blocks each dominates: an interval each.
    preorder: Vec<u32>,
    n_dominated: Vec<u32>,
}

impl Cfg {
    pub(crate) fn new(body: &Body) -> Cfg {
        let n = body.blocks.len();
        let mut succs = no_edges(n);
        for (block, edges) in body.blocks.iter().zip(&mut succs) {
            for BlockId(to) in block.term.successors() {
                if !edges.contains(&to) {
                    edges.push(to);
                }
            }
        }
        Cfg::of_edges(succs, 0)
    }

    /// The graph of these edges seen from `entry`.
    fn of_edges(mut succs: Vec<Edges>, entry: u32) -> Cfg {
        let n = succs.len();
        let order = reverse_postorder(&succs, entry);
        let mut position = vec![NONE; n];
        for (index, block) in order.iter().enumerate() {
            position[*block as usize] = index as u32;
        }
        let mut preds = no_edges(n);
        for from in 0..n {
            if position[from] == NONE {
                succs[from].clear();
            }
            for to in &succs[from] {
                preds[*to as usize].push(from as u32);
            }
        }
        let mut cfg = Cfg {
            preds,
            succs,
            order,
            position,
            idom: vec![NONE; n],
            preorder: vec![NONE; n],
            n_dominated: vec![0; n],
        };
        cfg.find_dominators(entry);
        cfg.number_dominators();
        cfg
    }

    pub(crate) fn is_reachable(&self, block: u32) -> bool {
        self.position[block as usize] != NONE
    }

    /// The closest block that every path from the entry to `block` passes; none for the entry.
    pub(crate) fn idom(&self, block: u32) -> Option<u32> {
        let idom = self.idom[block as usize];
        (idom != NONE && idom != block).then_some(idom)
    }

    pub(crate) fn dominates(&self, above: u32, block: u32) -> bool {
        let first = self.preorder[above as usize];
        let place = self.preorder[block as usize];
        first != NONE && place != NONE && place >= first && place - first < self.n_dominated[above as usize]
    }

    /// For each block, where its dominance ends: the merges it flows into.
    pub(crate) fn frontiers(&self) -> Vec<Edges> {
        let mut frontiers = no_edges(self.preds.len());
        for block in &self.order {
            let preds = &self.preds[*block as usize];
            if preds.len() < 2 {
                continue;
            }
            for pred in preds {
                let mut runner = *pred;
                while runner != self.idom[*block as usize] {
                    let frontier = &mut frontiers[runner as usize];
                    if !frontier.contains(block) {
                        frontier.push(*block);
                    }
                    runner = self.idom[runner as usize];
                }
            }
        }
        frontiers
    }

    /// The blocks that every run from the entry to an exit passes and that no loop contains.
    pub(crate) fn backbone(&self, in_loops: &[bool]) -> Vec<bool> {
        let n = self.preds.len();
        let mut backbone = vec![false; n];
        let exits: Edges =
            self.order.iter().copied().filter(|b| self.succs[*b as usize].is_empty()).collect();
        if exits.is_empty() {
            return backbone;
        }
        // A node after all exits makes the reversed graph one with an entry.
        let mut reversed: Vec<Edges> = self.preds.clone();
        reversed.push(exits);
        let backward = Cfg::of_edges(reversed, n as u32);
        let mut block = self.order[0];
        while block != n as u32 {
            backbone[block as usize] = !in_loops[block as usize];
            block = match backward.idom(block) {
                Some(next) => next,
                None => break,
            };
        }
        backbone
    }

    /// The blocks that some loop contains.
    pub(crate) fn in_loops(&self) -> Vec<bool> {
        let mut in_loops = vec![false; self.preds.len()];
        // By block: the last loop that was found to contain it.
        let mut seen = vec![NONE; self.preds.len()];
        for header in &self.order {
            let mut todo = Edges::new();
            todo.extend(
                self.preds[*header as usize].iter().copied().filter(|from| self.dominates(*header, *from)),
            );
            if todo.is_empty() {
                continue;
            }
            seen[*header as usize] = *header;
            in_loops[*header as usize] = true;
            while let Some(block) = todo.pop() {
                if std::mem::replace(&mut seen[block as usize], *header) != *header {
                    in_loops[block as usize] = true;
                    todo.extend(self.preds[block as usize].iter().copied());
                }
            }
        }
        in_loops
    }

    fn find_dominators(&mut self, entry: u32) {
        self.idom[entry as usize] = entry;
        let mut changed = true;
        while changed {
            changed = false;
            for index in 1..self.order.len() {
                let block = self.order[index];
                let mut common = NONE;
                for pred in &self.preds[block as usize] {
                    if self.idom[*pred as usize] != NONE {
                        common = if common == NONE { *pred } else { self.intersect(common, *pred) };
                    }
                }
                if self.idom[block as usize] != common {
                    self.idom[block as usize] = common;
                    changed = true;
                }
            }
        }
    }

    fn number_dominators(&mut self) {
        for block in self.order.iter().rev() {
            let b = *block as usize;
            self.n_dominated[b] += 1;
            let idom = self.idom[b];
            if idom != *block && idom != NONE {
                self.n_dominated[idom as usize] += self.n_dominated[b];
            }
        }
        // Where the next subtree below a block starts.
        let mut next = vec![0; self.preds.len()];
        for block in &self.order {
            let b = *block as usize;
            let idom = self.idom[b];
            let place = if idom == *block || idom == NONE { 0 } else { next[idom as usize] };
            self.preorder[b] = place;
            next[b] = place + 1;
            if idom != *block && idom != NONE {
                next[idom as usize] += self.n_dominated[b];
            }
        }
    }

    fn intersect(&self, mut a: u32, mut b: u32) -> u32 {
        while a != b {
            while self.position[a as usize] > self.position[b as usize] {
                a = self.idom[a as usize];
            }
            while self.position[b as usize] > self.position[a as usize] {
                b = self.idom[b as usize];
            }
        }
        a
    }
}

/// For so many blocks. They are made and not cloned, which would be a call for each.
fn no_edges(n: usize) -> Vec<Edges> {
    std::iter::repeat_with(Edges::new).take(n).collect()
}

fn reverse_postorder(succs: &[Edges], entry: u32) -> Vec<u32> {
    let mut order = Vec::with_capacity(succs.len());
    if succs.is_empty() {
        return order;
    }
    let mut seen = vec![false; succs.len()];
    let mut stack = vec![(entry, 0)];
    seen[entry as usize] = true;
    while let Some((block, next)) = stack.pop() {
        let Some(child) = succs[block as usize].get(next) else {
            order.push(block);
            continue;
        };
        stack.push((block, next + 1));
        if !std::mem::replace(&mut seen[*child as usize], true) {
            stack.push((*child, 0));
        }
    }
    order.reverse();
    order
}
