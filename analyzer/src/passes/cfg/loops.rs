//! Natural loops, from back edges: edges to a block that dominates where they start.
//!
//! The loop of a header is what reaches a back edge to it without passing it, as in Aho, Sethi and Ullman, "Compilers",
//! 10.4; back edges to one header make one loop. Two loops are nested or share no block, as long as no edge enters a
//! loop past its header, and no Python makes one that does.

use super::{Cfg, Edges};

#[derive(Clone)]
pub(crate) struct Loop {
    pub(crate) header: u32,
    /// Where the next round comes from, ascending.
    pub(crate) latches: Edges,
    /// By block: whether it is in the loop; the header is.
    contains: Vec<bool>,
}

impl Loop {
    pub(crate) fn has(&self, block: u32) -> bool {
        self.contains[block as usize]
    }

    /// Whether a loop is another one around this.
    pub(crate) fn is_inside(&self, outer: &Loop) -> bool {
        outer.header != self.header && outer.has(self.header)
    }

    /// The blocks of the loop in ascending order.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = u32> {
        self.contains.iter().zip(0..).filter(|(inside, _)| **inside).map(|(_, block)| block)
    }
}

impl Cfg {
    /// All loops, each before those inside of it.
    pub(crate) fn natural_loops(&self) -> Vec<Loop> {
        self.order.iter().filter_map(|header| self.natural_loop(*header)).collect()
    }

    pub(crate) fn natural_loop(&self, header: u32) -> Option<Loop> {
        let latches = self.latches(header);
        let mut contains = vec![false; if latches.is_empty() { 0 } else { self.preds.len() }];
        self.enter(header, &latches, |block| !std::mem::replace(&mut contains[block as usize], true));
        (!latches.is_empty()).then_some(Loop { header, latches, contains })
    }

    /// By block: whether some loop contains it.
    pub(crate) fn in_loops(&self) -> Vec<bool> {
        let mut in_loops = vec![false; self.preds.len()];
        // By block: the last loop that was found to contain it.
        let mut seen = vec![None; self.preds.len()];
        for header in &self.order {
            self.enter(*header, &self.latches(*header), |block| {
                in_loops[block as usize] = true;
                seen[block as usize].replace(*header) != Some(*header)
            });
        }
        in_loops
    }

    /// Where back edges to a block start; none where no loop has it as its header.
    pub(crate) fn latches(&self, header: u32) -> Edges {
        self.preds[header as usize].iter().copied().filter(|from| self.dominates(header, *from)).collect()
    }

    /// Visits the blocks of a loop. `first` is told of each and says whether it is seen for the first time.
    fn enter(&self, header: u32, latches: &Edges, mut first: impl FnMut(u32) -> bool) {
        if latches.is_empty() {
            return;
        }
        first(header);
        let mut todo = latches.clone();
        while let Some(block) = todo.pop() {
            if first(block) {
                todo.extend_from_slice(&self.preds[block as usize]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::cfg::no_edges;

    fn graph(n: usize, edges: &[(u32, u32)]) -> Cfg {
        let mut succs = no_edges(n);
        for (from, to) in edges {
            succs[*from as usize].push(*to);
        }
        Cfg::of_edges(succs, 0)
    }

    #[test]
    fn a_loop_is_what_comes_back_to_its_header() {
        // 0 -> 1 (for) -> 2 (for) -> 3 -> 2, 2 -> 1 or, by `continue`, 3 -> 1, 1 -> 4; 5 is not reached.
        let cfg = graph(6, &[(0, 1), (1, 2), (1, 4), (2, 3), (3, 2), (2, 1), (3, 1), (5, 5)]);
        let found = cfg.natural_loops();
        let [outer, inner] = &found[..] else { panic!("{} loops", found.len()) };
        assert_eq!((outer.header, &outer.latches[..]), (1, &[2, 3][..]));
        assert_eq!(outer.blocks().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((inner.header, inner.blocks().collect::<Vec<_>>()), (2, vec![2, 3]));
        assert!(inner.is_inside(outer) && !outer.is_inside(inner) && !outer.is_inside(outer));
        assert_eq!(cfg.in_loops(), [false, true, true, true, false, false]);
    }

    #[test]
    fn a_header_that_nothing_comes_back_to_has_no_loop() {
        let cfg = graph(3, &[(0, 1), (1, 2)]);
        assert!(cfg.natural_loop(1).is_none() && cfg.natural_loops().is_empty());
    }
}
