//! `json` and `json-lines`, in the shape of ruff's.

use std::io::{self, Write};

use analyzer::{Applicability, Diagnostic, Fix};
use serde_json::{Value, json};

use crate::files::{Position, Source};
use crate::report::{FileReport, Report, severity, span, url};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<Value> = report.findings().map(|(file, finding)| object(report, file, finding)).collect();
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)
}

pub(crate) fn render_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for (file, finding) in report.findings() {
        serde_json::to_writer(&mut *out, &object(report, file, finding))?;
        writeln!(out)?;
    }
    Ok(())
}

fn object(report: &Report, file: &FileReport, finding: &Diagnostic) -> Value {
    let source = &file.source;
    let (start, end) = span(source, finding.start, finding.end);
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|related| {
            let at = report.source(file, &related.path).map(|source| source.position(related.start));
            json!({
                "filename": related.path.display().to_string(),
                "location": location(at.unwrap_or(Position { cell: None, row: 1, column: 1 })),
                "message": related.message,
            })
        })
        .collect();
    json!({
        "cell": start.cell,
        "code": finding.rule.code,
        "end_location": location(end),
        "filename": source.path.display().to_string(),
        "fix": finding.fix.as_ref().map(|fix| fix_object(source, fix)),
        "function": finding.function.as_deref(),
        "help": finding.help,
        "location": location(start),
        "message": finding.message,
        "name": finding.rule.summary,
        "note": finding.note,
        "related": related,
        "severity": severity(finding.rule.severity),
        "specialization": finding.specialization,
        "url": url(finding.rule.code),
    })
}

fn location(at: Position) -> Value {
    json!({ "row": at.row, "column": at.column })
}

fn fix_object(source: &Source, fix: &Fix) -> Value {
    let edits: Vec<Value> = fix
        .edits
        .iter()
        .map(|edit| {
            let (start, end) = span(source, edit.start, edit.end);
            json!({ "content": edit.text, "location": location(start), "end_location": location(end) })
        })
        .collect();
    json!({ "applicability": applicability(fix.applicability), "message": fix.title, "edits": edits })
}

fn applicability(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
        Applicability::Display => "display",
    }
}
