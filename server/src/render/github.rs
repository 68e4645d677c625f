//! Annotations of GitHub Actions, one command per finding.

use std::io::{self, Write};

use analyzer::Severity;

use crate::report::{Report, place, span};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for (file, finding) in report.findings() {
        let source = &file.source;
        let (start, end) = span(source, finding.start, finding.end);
        let command = match finding.rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "notice",
        };
        write!(out, "::{command} title={},", property(&format!("jitcheck ({})", finding.rule.code)))?;
        // Lines of a notebook's cells mean nothing in its JSON, so only the file is named.
        write!(out, "file={}", property(&source.path.display().to_string()))?;
        if start.cell.is_none() {
            write!(out, ",line={},endLine={}", start.row, end.row)?;
            // Columns are allowed on one line only.
            if start.row == end.row {
                write!(out, ",col={},endColumn={}", start.column, end.column)?;
            }
        }
        let text = format!("{}: {} {}", place(source, finding.start), finding.rule.code, finding.message);
        writeln!(out, "::{}", data(&text))?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
