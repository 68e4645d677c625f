//! The examples of docstrings as code: what stands behind `>>>` and `...`.

use std::sync::Arc;

use super::body::Body;
use super::lower;
use super::segment::{SegmentText, parse, segments};
use super::source_map::{SourceMap, Span};
use crate::db::{Db, SourceFile};

/// The examples of one docstring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) body: Arc<Body>,
    pub(crate) map: Arc<SourceMap>,
    /// The statement of the file that the docstring is in.
    pub(crate) segment: u32,
    /// Where each line starts: in the code, and in the statement.
    lines: Vec<(u32, u32)>,
}

impl Example {
    /// A span of the code as one of the statement.
    pub(crate) fn in_segment(&self, span: Span) -> Span {
        let place = |at: u32| {
            let after = self.lines.partition_point(|(start, _)| *start <= at);
            after.checked_sub(1).map_or(at, |line| at - self.lines[line].0 + self.lines[line].1)
        };
        Span::new(place(span.start), place(span.end))
    }
}

/// The examples of every docstring of a file. Changes with them only.
#[salsa::tracked(returns(deref))]
pub(crate) fn examples(db: &dyn Db, file: SourceFile) -> Vec<Example> {
    let has_examples = file.text(db).as_deref().is_some_and(|text| text.contains(">>> "));
    if !has_examples {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, segment) in (0_u32..).zip(segments(db, file)) {
        let examples = in_segment(db, segment.text).iter();
        found.extend(examples.map(|example| Example { segment: number, ..example.clone() }));
    }
    found
}

#[salsa::tracked(returns(deref))]
fn in_segment<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Vec<Example> {
    let text = segment.text(db);
    if !text.contains(">>> ") {
        return Vec::new();
    }
    codes(text).into_iter().filter_map(|(code, lines)| example(&code, lines)).collect()
}

fn example(code: &str, lines: Vec<(u32, u32)>) -> Option<Example> {
    let parsed = parse(code);
    if !parsed.errors.is_empty() {
        return None;
    }
    let lowered = lower::module(&parsed.stmts, code, &parsed.errors);
    Some(Example { body: lowered.body, map: lowered.map, segment: 0, lines })
}

/// The code of each docstring, without imports: its names are those of the file. With the places of its lines.
fn codes(text: &str) -> Vec<(String, Vec<(u32, u32)>)> {
    let mut codes = vec![(String::new(), Vec::new())];
    let mut at = 0_u32;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let shown = line.trim_start();
        let code = shown.strip_prefix(">>> ").or_else(|| shown.strip_prefix("... "));
        if let (Some(code), Some((all, lines))) = (code, codes.last_mut())
            && !code.starts_with("import ")
            && !code.starts_with("from ")
        {
            let start = at + offset(indent + 4);
            lines.push((offset(all.len()), start));
            all.push_str(code.trim_end());
            all.push('\n');
        } else if code.is_none() && (line.contains("\"\"\"") || line.contains("'''")) {
            codes.push((String::new(), Vec::new()));
        }
        at += offset(line.len());
    }
    codes.retain(|(code, _)| !code.is_empty());
    codes
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::codes;

    #[test]
    fn each_docstring_is_code_of_its_own() {
        let text = "def f(x):\n    \"\"\"Doc.\n\n    >>> import numpy as np\n    >>> f(\n    ...     1)\n    2\n    \
                    \"\"\"\n\ndef g():\n    \"\"\"\n    >>> g()\n    \"\"\"\n";
        let found = codes(text);
        let texts: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(texts, ["f(\n    1)\n", "g()\n"]);
        let (_, place) = found[1].1[0];
        assert!(text[place as usize..].starts_with("g()\n"));
    }
}
