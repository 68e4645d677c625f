//! One line per finding: `kernels.py:3:5: error[code] message`. `[*]` marks what `--fix` repairs.

use std::io::{self, Write};

use analyzer::Severity;
use anstyle::{AnsiColor, Style};

use super::Look;
use crate::report::{Report, place, severity};

pub(crate) fn render(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    for (file, finding) in report.findings() {
        let rule = finding.rule;
        let style = match rule.severity {
            _ if !look.color => Style::new(),
            Severity::Error => AnsiColor::Red.on_default().bold(),
            Severity::Warning => AnsiColor::Yellow.on_default().bold(),
            Severity::Information => AnsiColor::Blue.on_default().bold(),
        };
        let mark = if report.fixable(finding) { " [*]" } else { "" };
        let message = finding.message.replace('\n', " ");
        let place = place(&file.source, finding.start);
        writeln!(out, "{place}: {style}{}[{}]{style:#}{mark} {message}", severity(rule.severity), rule.code)?;
    }
    Ok(())
}
