//! The control-flow graph of a body: predecessors, dominators, dominance frontiers, loops.
//!
//! Blocks that the entry does not reach are in no edge and have no dominator.

mod loops;

use smallvec::SmallVec;

use crate::hir::body::{BlockId, Body};

pub(crate) use loops::Loop;

const NONE: u32 = u32::MAX;

/// A few blocks; most have at most two neighbours.
pub(crate) type Edges = SmallVec<[u32; 4]>;

pub(crate) struct Cfg {
    /// Without duplicates, ascending.
    pub(crate) preds: Vec<Edges>,
    pub(crate) succs: Vec<Edges>,
    /// Reachable blocks, every block before those it dominates.
    pub(crate) order: Vec<u32>,
    nodes: Vec<Node>,
}

/// A block's place in the graph.
#[derive(Clone, Copy)]
struct Node {
    /// Position in `order`.
    position: u32,
    idom: u32,
    /// Preorder in the tree of dominators, and how many blocks it dominates: an interval.
    preorder: u32,
    n_dominated: u32,
    /// While blocks are numbered: where the next subtree below it starts.
    next: u32,
}

const UNREACHED: Node = Node { position: NONE, idom: NONE, preorder: NONE, n_dominated: 0, next: 0 };

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
        let mut nodes = vec![UNREACHED; n];
        let order = reverse_postorder(&succs, entry, &mut nodes);
        for (index, block) in order.iter().enumerate() {
            nodes[*block as usize].position = index as u32;
        }
        let mut preds = no_edges(n);
        for from in 0..n {
            if nodes[from].position == NONE {
                succs[from].clear();
            }
            for to in &succs[from] {
                preds[*to as usize].push(from as u32);
            }
        }
        let mut cfg = Cfg { preds, succs, order, nodes };
        cfg.find_dominators(entry);
        cfg.number_dominators();
        cfg
    }

    pub(crate) fn is_reachable(&self, block: u32) -> bool {
        self.nodes[block as usize].position != NONE
    }

    /// The closest block that every path from the entry to `block` passes; none for the entry.
    pub(crate) fn idom(&self, block: u32) -> Option<u32> {
        let idom = self.nodes[block as usize].idom;
        (idom != NONE && idom != block).then_some(idom)
    }

    pub(crate) fn dominates(&self, above: u32, block: u32) -> bool {
        let Node { preorder: first, n_dominated, .. } = self.nodes[above as usize];
        let place = self.nodes[block as usize].preorder;
        first != NONE && place != NONE && place >= first && place - first < n_dominated
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
                while runner != self.nodes[*block as usize].idom {
                    let frontier = &mut frontiers[runner as usize];
                    if !frontier.contains(block) {
                        frontier.push(*block);
                    }
                    runner = self.nodes[runner as usize].idom;
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

    fn find_dominators(&mut self, entry: u32) {
        self.nodes[entry as usize].idom = entry;
        let mut changed = true;
        while changed {
            changed = false;
            for index in 1..self.order.len() {
                let block = self.order[index];
                let mut common = NONE;
                for pred in &self.preds[block as usize] {
                    if self.nodes[*pred as usize].idom != NONE {
                        common = if common == NONE { *pred } else { self.intersect(common, *pred) };
                    }
                }
                let idom = &mut self.nodes[block as usize].idom;
                if *idom != common {
                    *idom = common;
                    changed = true;
                }
            }
        }
    }

    fn number_dominators(&mut self) {
        let nodes = &mut self.nodes;
        for block in self.order.iter().rev() {
            let node = &mut nodes[*block as usize];
            node.n_dominated += 1;
            let Node { idom, n_dominated, .. } = *node;
            if idom != *block && idom != NONE {
                nodes[idom as usize].n_dominated += n_dominated;
            }
        }
        for block in &self.order {
            let Node { idom, n_dominated, .. } = nodes[*block as usize];
            let mut place = 0;
            if idom != *block && idom != NONE {
                let above = &mut nodes[idom as usize];
                place = above.next;
                above.next += n_dominated;
            }
            let node = &mut nodes[*block as usize];
            node.preorder = place;
            node.next = place + 1;
        }
    }

    fn intersect(&self, mut a: u32, mut b: u32) -> u32 {
        let node = |block: u32| &self.nodes[block as usize];
        while a != b {
            while node(a).position > node(b).position {
                a = node(a).idom;
            }
            while node(b).position > node(a).position {
                b = node(b).idom;
            }
        }
        a
    }
}

/// For so many blocks. They are made and not cloned, which would be a call for each.
fn no_edges(n: usize) -> Vec<Edges> {
    std::iter::repeat_with(Edges::new).take(n).collect()
}

/// Whatever is reached gets a position, which is not yet its own.
fn reverse_postorder(succs: &[Edges], entry: u32, nodes: &mut [Node]) -> Vec<u32> {
    let mut order = Vec::with_capacity(succs.len());
    if succs.is_empty() {
        return order;
    }
    let mut stack: SmallVec<[(u32, u32); 16]> = SmallVec::new();
    stack.push((entry, 0));
    nodes[entry as usize].position = 0;
    while let Some((block, next)) = stack.last_mut() {
        let Some(child) = succs[*block as usize].get(*next as usize) else {
            order.push(*block);
            stack.pop();
            continue;
        };
        *next += 1;
        if std::mem::replace(&mut nodes[*child as usize].position, 0) == NONE {
            stack.push((*child, 0));
        }
    }
    order.reverse();
    order
}
