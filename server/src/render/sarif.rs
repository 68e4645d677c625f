//! SARIF 2.1.0, with the pages of the rules and the fixes.

use std::io::{self, Write};
use std::path::Path;

use analyzer::{Applicability, Diagnostic, RuleDecl, Severity, rules};
use serde_json::{Value, json};

use super::stable_hash;
use crate::files::Source;
use crate::report::{FileReport, Report, span, url};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let results: Vec<Value> =
        report.findings().map(|(file, finding)| result(report, file, finding)).collect();
    let sarif = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "jitcheck",
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules::ALL.iter().map(|rule| describe(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &sarif)?;
    writeln!(out)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "note",
    }
}

fn describe(rule: &RuleDecl) -> Value {
    json!({
        "id": rule.code,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.summary },
        "help": { "text": rule.page, "markdown": rule.page },
        "helpUri": url(rule.code),
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn result(report: &Report, file: &FileReport, finding: &Diagnostic) -> Value {
    let source = &file.source;
    let index = rules::ALL.iter().position(|rule| rule.code == finding.rule.code);
    let related: Vec<Value> = finding
        .related
        .iter()
        .filter_map(|related| {
            let mut place = location(report.source(file, &related.path)?, related.start, related.end);
            place["message"] = json!({ "text": related.message });
            Some(place)
        })
        .collect();
    let fingerprint = format!("{}\0{}\0{}", source.shown, finding.rule.code, finding.message);
    let mut value = json!({
        "ruleId": finding.rule.code,
        "ruleIndex": index,
        "level": level(finding.rule.severity),
        "message": { "text": finding.message },
        "locations": [location(source, finding.start, finding.end)],
        "relatedLocations": related,
        "partialFingerprints": { "jitcheck/v1": format!("{:016x}", stable_hash(&fingerprint)) },
    });
    if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability != Applicability::Display) {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| json!({ "deletedRegion": region(source, edit.start, edit.end), "insertedContent": { "text": edit.text } }))
            .collect();
        value["fixes"] = json!([{
            "description": { "text": fix.title },
            "artifactChanges": [{ "artifactLocation": { "uri": uri(&source.path) }, "replacements": replacements }],
        }]);
    }
    value
}

fn location(source: &Source, start: u32, end: u32) -> Value {
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&source.path) }, "region": region(source, start, end) } })
}

fn region(source: &Source, start: u32, end: u32) -> Value {
    let (start, end) = span(source, start, end);
    json!({ "startLine": start.row, "startColumn": start.column, "endLine": end.row, "endColumn": end.column })
}

fn uri(path: &Path) -> String {
    let mut uri = String::from("file://");
    let text = path.display().to_string().replace('\\', "/");
    if !text.starts_with('/') {
        uri.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' | b':' => {
                uri.push(byte as char)
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
