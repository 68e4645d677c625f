//! Where the parts of a body stand in the text.

use super::body::Origin;

/// A byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// What kind of syntax an origin is, as far as fixes need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    Expression,
    /// `[a, b]` written in place: its brackets can be replaced.
    ListDisplay,
    Name,
    Statement,
}

/// Spans by [`Origin`], from the start of the segment that holds the function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    pub spans: Vec<(Span, Syntax)>,
}

impl SourceMap {
    /// A new origin for a place; equal places get origins of their own.
    pub fn add(&mut self, span: Span, syntax: Syntax) -> Origin {
        self.spans.push((span, syntax));
        Origin(u32::try_from(self.spans.len() - 1).expect("a segment has fewer than 2^32 expressions"))
    }

    /// In bytes from the start of the statement; `None` for what is nowhere in the text.
    pub fn span(&self, origin: Origin) -> Option<Span> {
        self.spans.get(origin.0 as usize).map(|(span, _)| *span)
    }

    /// What kind of syntax stands there.
    pub fn syntax(&self, origin: Origin) -> Option<Syntax> {
        self.spans.get(origin.0 as usize).map(|(_, syntax)| *syntax)
    }
}

impl Span {
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// This span, moved right.
    pub fn offset(self, by: u32) -> Span {
        Span { start: self.start + by, end: self.end + by }
    }
}
