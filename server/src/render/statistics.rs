//! `--statistics`: how often each rule was broken.

use std::collections::BTreeMap;
use std::io::{self, Write};

use analyzer::{RuleDecl, rules};
use serde_json::json;

use crate::args::CheckFormat;
use crate::report::Report;

pub(crate) fn statistics(format: CheckFormat, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (_, finding) in report.findings() {
        let (found, fixable) = counts.entry(finding.rule.code).or_default();
        *found += 1;
        *fixable += usize::from(report.fixable(finding));
    }
    let mut rows: Vec<(&RuleDecl, usize, usize)> = counts
        .into_iter()
        .filter_map(|(code, (found, fixable))| Some((rules::find(code)?, found, fixable)))
        .collect();
    rows.sort_by_key(|(rule, found, _)| (std::cmp::Reverse(*found), rule.code));
    if matches!(format, CheckFormat::Json | CheckFormat::JsonLines) {
        let rows: Vec<_> = rows
            .iter()
            .map(|(rule, found, fixable)| {
                json!({ "code": rule.code, "name": rule.summary, "count": found, "fixable": found == fixable, "fixable_count": fixable })
            })
            .collect();
        serde_json::to_writer_pretty(&mut *out, &rows)?;
        return writeln!(out);
    }
    let width = rows.iter().map(|(_, found, _)| found.to_string().len()).max().unwrap_or(0);
    let codes = rows.iter().map(|(rule, ..)| rule.code.len()).max().unwrap_or(0);
    for (rule, found, fixable) in rows {
        let mark = if fixable > 0 { "[*]" } else { "[ ]" };
        writeln!(out, "{found:>width$}  {:codes$}  {mark}  {}", rule.code, rule.summary)?;
    }
    Ok(())
}
