//! The format for people: source excerpt, marker, reason, and what would help.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use analyzer::{Applicability, Diagnostic, Severity};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::{Look, wrap};
use crate::files::Source;
use crate::report::{FileReport, Report, types_from};

/// Related places at most this many lines away are shown in the excerpt of the finding itself.
const NEAR: usize = 30;

pub(crate) fn render(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(look.width).decor_style(DecorStyle::Ascii);
    let mut said: Option<String> = None;
    for (file, finding) in report.findings() {
        // The argument types are said with the first finding of a kernel.
        let about = about(&file.source, finding);
        let fresh = if about == said { None } else { about.clone() };
        said = about;
        writeln!(out, "{}\n", renderer.render(&groups(report, file, finding, fresh, look.width)))?;
    }
    Ok(())
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Information => Level::INFO,
    }
}

fn groups<'a>(
    report: &'a Report,
    file: &'a FileReport,
    finding: &'a Diagnostic,
    about: Option<String>,
    width: usize,
) -> Vec<Group<'a>> {
    let source = &file.source;
    let rule = finding.rule;
    let head = rule.code.len() + crate::report::severity(rule.severity).len() + 4;
    let title = level(rule.severity)
        .primary_title(wrap(&finding.message, width.saturating_sub(head).max(40)))
        .id(rule.code);
    let mut main = Group::with_title(title);

    main = places(report, file, finding, width, main);
    for note in finding.note.iter().cloned().chain(about) {
        main = main.element(Level::NOTE.message(wrap(&note, width - 10)));
    }
    // Where the fix says the same, it says it with the change.
    if let Some(help) =
        finding.help.as_ref().filter(|help| finding.fix.as_ref().is_none_or(|fix| fix.title != **help))
    {
        main = main.element(Level::HELP.message(wrap(help, width - 10)));
    }
    let mut groups = vec![main];
    groups.extend(fix(source, finding, width));
    groups
}

/// The excerpt with the places that a finding speaks about; those that are far away get excerpts of their own.
fn places<'a>(
    report: &'a Report,
    file: &'a FileReport,
    finding: &'a Diagnostic,
    width: usize,
    mut main: Group<'a>,
) -> Group<'a> {
    let source = &file.source;
    let here = source.line(finding.start);
    let cell = source.cell_lines(here);
    let near = |path: &std::path::Path, offset: u32| {
        let line = source.line(offset);
        path == source.path && line.abs_diff(here) <= NEAR && cell.contains(&line)
    };
    let place = finding.start as usize..finding.end as usize;
    let mut marks: Vec<(Range<usize>, Option<String>, AnnotationKind)> =
        vec![(place.clone(), None, AnnotationKind::Primary)];
    for related in finding.related.iter().filter(|related| near(&related.path, related.start)) {
        let range = related.start as usize..related.end as usize;
        // What is said about the very same place belongs to its own marker.
        if range == place && marks[0].1.is_none() {
            marks[0].1 = Some(related.message.clone());
            continue;
        }
        marks.push((range, Some(related.message.clone()), AnnotationKind::Context));
    }
    main = main.element(excerpt(source, marks));
    for related in finding.related.iter().filter(|related| !near(&related.path, related.start)) {
        match report.source(file, &related.path) {
            Some(source) => {
                main = main.element(Level::NOTE.message(wrap(&related.message, width - 10)));
                main = main.element(excerpt(
                    source,
                    vec![(related.start as usize..related.end as usize, None, AnnotationKind::Context)],
                ));
            }
            None => {
                let text = format!("{} ({})", related.message, crate::files::shown(&related.path));
                main = main.element(Level::NOTE.message(wrap(&text, width - 10)));
            }
        }
    }
    main
}

/// The argument types that a finding is about.
fn about(source: &Source, finding: &Diagnostic) -> Option<String> {
    let types = finding.specialization.as_ref()?;
    let function = finding.function.as_deref().unwrap_or("the kernel");
    let origin = finding
        .types_from
        .as_ref()
        .map_or_else(String::new, |from| format!(", {}", types_from(source, from)));
    let types = types.join(", ").replace("<iv=None>", "");
    Some(format!("`{function}` is compiled for ({types}){origin}"))
}

fn fix<'a>(source: &'a Source, finding: &'a Diagnostic, width: usize) -> Option<Group<'a>> {
    let fix = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty())?;
    let first = fix.edits.iter().map(|edit| edit.start).min()?;
    let last = fix.edits.iter().map(|edit| edit.end).max()?;
    let (lines, shift) = window(source, source.line(first), source.line(last));
    let how = match fix.applicability {
        Applicability::Safe => " (--fix)",
        Applicability::Unsafe => " (--fix --unsafe-fixes; may change what the code does)",
        Applicability::Display => "",
    };
    let title = Level::HELP.secondary_title(wrap(&format!("{}{how}", fix.title), width - 6));
    let text = shown_lines(source, lines.clone());
    let patches = fix.edits.iter().filter_map(|edit| {
        let range = clip(edit.start as usize..edit.end as usize, &lines, &source.text)?;
        Some(Patch::new(range, edit.text.as_str()))
    });
    Some(Group::with_title(title).element(Snippet::source(text).line_start(shift).patches(patches)))
}

/// The source around some places, with line numbers as people see them.
fn excerpt(
    source: &Source,
    marks: Vec<(Range<usize>, Option<String>, AnnotationKind)>,
) -> Snippet<'_, Annotation<'_>> {
    let first = marks.iter().map(|(range, ..)| range.start).min().unwrap_or(0);
    // A finding may cover a whole function; its head is enough.
    let last = marks.iter().map(|(range, ..)| range.end).max().unwrap_or(first).max(first);
    let (lines, number) = window(source, source.line(first as u32), source.line(last as u32));
    let cell = source.position(first as u32).cell;
    let path = cell.map_or_else(|| source.shown.clone(), |cell| format!("{}:cell {cell}", source.shown));
    let annotations = marks.into_iter().filter_map(|(range, label, kind)| {
        let range = clip(first_lines(range, source), &lines, &source.text)?;
        Some(kind.span(range).label(label))
    });
    let annotations: Vec<_> = annotations.collect();
    let mut text = shown_lines(source, lines.clone());
    // The line after the last newline is a line only if something stands on it.
    if first == lines.end && text.ends_with('\n') {
        text.to_mut().push(' ');
    }
    Snippet::source(text).line_start(number).path(path).annotations(annotations)
}

/// Some lines of the text, every byte at its place. The renderer knows no line that ends with a carriage return alone.
fn shown_lines(source: &Source, lines: Range<usize>) -> Cow<'_, str> {
    let text = &source.text[lines];
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        let alone = char == '\r' && rest.peek() != Some(&'\n');
        shown.push(if alone { '\n' } else { char });
    }
    Cow::Owned(shown)
}

/// A place of many lines is marked on its first.
fn first_lines(range: Range<usize>, source: &Source) -> Range<usize> {
    let line = source.line(range.start as u32);
    if source.line(range.end as u32) <= line + 3 {
        return range;
    }
    let end = source.text[range.start..].find(['\n', '\r']).map_or(range.end, |at| range.start + at);
    range.start..end.min(range.end)
}

/// The bytes of some lines with one around them, inside one cell, and the number of the first as people see it.
fn window(source: &Source, first: usize, last: usize) -> (Range<usize>, usize) {
    let cell = source.cell_lines(first);
    let start = first.saturating_sub(1).max(cell.start);
    let end = (last + 2).min(cell.end).max(start + 1);
    let bytes = source.line_start(start)..source.line_start(end);
    (bytes, start - cell.start + 1)
}

/// A range of the text inside the window, on character boundaries.
fn clip(range: Range<usize>, window: &Range<usize>, text: &str) -> Option<Range<usize>> {
    let start = text.floor_char_boundary(range.start).max(window.start);
    let end = text.ceil_char_boundary(range.end).min(window.end);
    (start <= end).then(|| start - window.start..end - window.start)
}
