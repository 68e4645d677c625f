//! JUnit XML: a suite per file, a failing test per finding, and one passing test where there are none.

use std::io::{self, Write};

use crate::report::{Report, span};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let failures = report.findings().count();
    let tests: usize = report.files.iter().map(|file| file.findings.len().max(1)).sum();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="jitcheck" tests="{tests}" failures="{failures}" errors="0">"#)?;
    for file in &report.files {
        let name = escape(&file.source.path.display().to_string());
        let class = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let (found, tests) = (file.findings.len(), file.findings.len().max(1));
        writeln!(
            out,
            r#"  <testsuite name="{name}" tests="{tests}" disabled="0" errors="0" failures="{found}" package="jitcheck">"#
        )?;
        if file.findings.is_empty() {
            writeln!(out, r#"    <testcase name="jitcheck" classname="{class}"/>"#)?;
        }
        for finding in &file.findings {
            let (start, _) = span(&file.source, finding.start, finding.end);
            let (row, column) = (start.row, start.column);
            let code = finding.rule.code;
            let message = escape(&finding.message);
            let cell = start.cell.map_or_else(String::new, |cell| format!("cell {cell}, "));
            writeln!(
                out,
                r#"    <testcase name="jitcheck.{code}" classname="{class}" line="{row}" column="{column}">"#
            )?;
            writeln!(
                out,
                r#"      <failure message="{message}">{cell}line {row}, col {column}, {message}</failure>"#
            )?;
            writeln!(out, "    </testcase>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
