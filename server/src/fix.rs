//! Applying fixes to a text.

use analyzer::{Applicability, Diagnostic, Edit};
use ruff_diagnostics::SourceMap;
use ruff_text_size::{TextRange, TextSize};

use crate::files::Source;

/// A text after some fixes.
pub(crate) struct Fixed {
    pub text: String,
    /// The codes of the findings that were fixed.
    pub codes: Vec<&'static str>,
    /// Where the bytes went, for notebooks.
    map: SourceMap,
}

/// Whether `--fix` may apply it.
pub(crate) fn applies(finding: &Diagnostic, unsafe_fixes: bool) -> bool {
    finding.fix.as_ref().is_some_and(|fix| match fix.applicability {
        Applicability::Safe => true,
        Applicability::Unsafe => unsafe_fixes,
        Applicability::Display => false,
    })
}

/// Applies every fix that does not touch what an earlier one changes; the others wait for another round.
pub(crate) fn apply(source: &Source, findings: &[Diagnostic], unsafe_fixes: bool) -> Option<Fixed> {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut codes = Vec::new();
    for finding in findings.iter().filter(|finding| applies(finding, unsafe_fixes)) {
        let Some(fix) = &finding.fix else { continue };
        let new: Vec<&Edit> = fix.edits.iter().filter(|edit| !edits.contains(edit)).collect();
        let fits = fix.edits.iter().all(|edit| {
            edit.start <= edit.end && source.text.get(edit.start as usize..edit.end as usize).is_some()
        });
        if !fits || new.iter().any(|edit| edits.iter().any(|other| touch(edit, other))) {
            continue;
        }
        edits.extend(new);
        codes.push(finding.rule.code);
    }
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let mut fixed =
        Fixed { text: String::with_capacity(source.text.len()), codes, map: SourceMap::default() };
    let mut done = 0;
    for edit in edits {
        fixed.text.push_str(&source.text[done..edit.start as usize]);
        let range = TextRange::new(TextSize::new(edit.start), TextSize::new(edit.end));
        let marker = match edit.text.as_str() {
            "" => ruff_diagnostics::Edit::range_deletion(range),
            text => ruff_diagnostics::Edit::range_replacement(text.to_owned(), range),
        };
        fixed.map.push_start_marker(&marker, TextSize::of(fixed.text.as_str()));
        fixed.text.push_str(&edit.text);
        fixed.map.push_end_marker(&marker, TextSize::of(fixed.text.as_str()));
        done = edit.end as usize;
    }
    fixed.text.push_str(&source.text[done..]);
    Some(fixed)
}

fn touch(a: &Edit, b: &Edit) -> bool {
    (a.start < b.end && b.start < a.end) || a.start == b.start
}

impl Fixed {
    /// The source with the fixed text, its notebook's cells changed along.
    pub(crate) fn source(&self, before: &Source) -> Source {
        let Some(notebook) = &before.notebook else { return Source::from_text(&before.path, &self.text) };
        let mut notebook = notebook.clone();
        notebook.update(&self.map, self.text.clone());
        let source = Source::from_text(&before.path, notebook.source_code());
        source.with_notebook(*notebook)
    }
}

/// What a file holds whose source this is.
pub(crate) fn contents(source: &Source) -> Result<Vec<u8>, String> {
    match &source.notebook {
        None => Ok(source.text.as_bytes().to_vec()),
        Some(notebook) => {
            let mut bytes = Vec::new();
            notebook.write(&mut bytes).map_err(|error| error.to_string())?;
            Ok(bytes)
        }
    }
}

/// The change as a unified diff, a notebook's cell by cell.
pub(crate) fn diff(before: &Source, after: &Source) -> String {
    let unified = |old: &str, new: &str, name: &str| {
        let diff = similar::TextDiff::from_lines(old, new);
        diff.unified_diff().context_radius(3).header(name, name).to_string()
    };
    let (Some(old), Some(new)) = (&before.notebook, &after.notebook) else {
        return unified(&before.text, &after.text, &before.shown);
    };
    let mut text = String::new();
    for (index, (old, new)) in old.cells().iter().zip(new.cells()).enumerate() {
        let (old, new) = (old.source().to_string(), new.source().to_string());
        if old != new {
            let name = format!("{}:cell {}", before.shown, index + 1);
            text.push_str(&unified(&with_newline(old), &with_newline(new), &name));
        }
    }
    text
}

fn with_newline(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
