//! Edits that repair a finding.

use crate::hir::source_map::Span;

use super::report::replace;
use super::{Applicability, Fix};

/// `[a, b]` becomes `(a, b)`; one item keeps a comma.
pub(super) fn list_to_tuple(source: &str, span: Span) -> Option<Fix> {
    let inner = source.strip_prefix('[')?.strip_suffix(']')?;
    let items = top_level_items(inner)?;
    let text = match items {
        0 => return None,
        1 if !inner.trim_end().ends_with(',') => format!("({inner},)"),
        _ => format!("({inner})"),
    };
    Some(replace("write the shape as a tuple", Applicability::Safe, span, text))
}

/// How many items a display has. `None` where a string or comment makes counting unsafe.
fn top_level_items(inner: &str) -> Option<usize> {
    if inner.trim().is_empty() {
        return Some(0);
    }
    let mut depth = 0_i32;
    let mut items = 1;
    for char in inner.trim_end().trim_end_matches(',').chars() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => items += 1,
            '"' | '\'' | '#' => return None,
            _ => {}
        }
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(source: &str) -> Option<String> {
        let span = Span::new(0, source.len() as u32);
        list_to_tuple(source, span).map(|fix| fix.edits[0].text.clone())
    }

    #[test]
    fn a_display_of_two_items_changes_its_brackets() {
        assert_eq!(fixed("[n, 2]").as_deref(), Some("(n, 2)"));
        assert_eq!(fixed("[f(a, b), 2,]").as_deref(), Some("(f(a, b), 2,)"));
    }

    #[test]
    fn one_item_keeps_a_comma() {
        assert_eq!(fixed("[n]").as_deref(), Some("(n,)"));
        assert_eq!(fixed("[f(a, b)]").as_deref(), Some("(f(a, b),)"));
    }

    #[test]
    fn an_empty_display_has_no_fix() {
        assert_eq!(fixed("[]"), None);
    }
}
