//! GitLab's code quality report.

use std::collections::HashMap;
use std::io::{self, Write};

use analyzer::Severity;
use serde_json::{Value, json};

use super::stable_hash;
use crate::report::{Report, span};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    // Equal findings of one file need different fingerprints, and a finding keeps its own when lines move.
    let mut seen: HashMap<String, usize> = HashMap::new();
    let base = std::env::var_os("CI_PROJECT_DIR").map(std::path::PathBuf::from);
    let mut all: Vec<Value> = Vec::new();
    for (file, finding) in report.findings() {
        let source = &file.source;
        let relative = base.as_ref().and_then(|base| source.path.strip_prefix(base).ok());
        let path = relative.map_or_else(|| source.shown.clone(), |path| path.display().to_string());
        let key = format!("{}\0{path}\0{}", finding.rule.code, finding.message);
        let number = seen.entry(key.clone()).and_modify(|number| *number += 1).or_insert(0);
        let (start, end) = span(source, finding.start, finding.end);
        all.push(json!({
            "check_name": finding.rule.code,
            "description": format!("{}: {}", finding.rule.code, finding.message),
            "severity": match finding.rule.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Information => "info",
            },
            "fingerprint": format!("{:016x}", stable_hash(&format!("{key}\0{number}"))),
            "location": {
                "path": path,
                "positions": {
                    "begin": { "line": start.row, "column": start.column },
                    "end": { "line": end.row, "column": end.column },
                },
            },
        }));
    }
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)
}
