//! What `check` prints and writes.

use std::collections::BTreeMap;

use super::Run;
use super::group::Checked;
use crate::exit::Exit;
use crate::files::{Source, io_message, shown};
use crate::report::{FileReport, Report, count};
use crate::{fix, output, render};

/// Shows the fixes as a diff.
pub(super) fn diff(run: &Run<'_>, checked: &[Checked]) -> Result<Exit, String> {
    let diffs: String = checked.iter().filter_map(|checked| checked.diff.as_deref()).collect();
    output::write(color_diff(&diffs).as_bytes()).map_err(|error| error.to_string())?;
    Ok(if diffs.is_empty() || run.args.exit_zero { Exit::Clean } else { Exit::Problems })
}

/// Writes the fixed files and prints the findings.
pub(super) fn report(run: &Run<'_>, checked: Vec<Checked>, failed: bool) -> Result<Exit, String> {
    let mut reports = Vec::with_capacity(checked.len());
    for file in checked {
        if run.args.fix && file.changed {
            write(run, &file.report.source)?;
        } else if run.args.fix && run.stdin {
            let bytes = fix::contents(&file.report.source)?;
            output::write(&bytes).map_err(|error| error.to_string())?;
        }
        reports.push(file.report);
    }
    let unsafe_fixes = run.unsafe_fixes(&*run.config()?);
    let report = Report::new(reports, unsafe_fixes);
    print(run, &report, failed)?;
    let fixed = report.files.iter().any(|file| !file.fixed.is_empty());
    let dirty = report.findings().next().is_some() || (fixed && run.args.exit_non_zero_on_fix);
    Ok(if run.args.exit_zero || !dirty { Exit::Clean } else { Exit::Problems })
}

/// Writes the text of a file, to stdout if it came from stdin.
pub(super) fn write(run: &Run<'_>, source: &Source) -> Result<(), String> {
    let bytes = fix::contents(source)?;
    let written = if run.stdin { output::write(&bytes) } else { std::fs::write(&source.path, bytes) };
    written.map_err(|error| format!("{}: {}", source.shown, io_message(&error)))
}

fn print(run: &Run<'_>, report: &Report, failed: bool) -> Result<(), String> {
    let format = run.args.output_format;
    let mut look = output::look();
    look.color &= run.args.output_file.is_none();
    let mut bytes = Vec::new();
    let rendered = match run.args.statistics {
        true => render::statistics(format, report, &mut bytes),
        false => render::render(format, report, look, &mut bytes),
    };
    rendered.map_err(|error| error.to_string())?;
    let text = render::is_text(format);
    if text && run.args.show_fixes {
        bytes.extend_from_slice(fixes(&report.files).as_bytes());
    }
    // What could not be read has not passed.
    let silent = failed && report.findings().next().is_none();
    if text && !run.args.quiet && !silent {
        bytes.extend_from_slice(report.summary().as_bytes());
        bytes.push(b'\n');
    }
    match &run.args.output_file {
        Some(path) => {
            return std::fs::write(path, bytes)
                .map_err(|error| format!("{}: {}", shown(path), io_message(&error)));
        }
        // The fixed text is on stdout already.
        None if run.stdin && run.args.fix => std::io::Write::write_all(&mut anstream::stderr(), &bytes),
        None => output::write(&bytes),
    }
    .map_err(|error| error.to_string())
}

/// Which rules were fixed in which files.
fn fixes(files: &[FileReport]) -> String {
    let mut text = String::new();
    for file in files.iter().filter(|file| !file.fixed.is_empty()) {
        let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
        file.fixed.iter().for_each(|code| *rules.entry(code).or_default() += 1);
        text.push_str(&format!("Fixed in {}:\n", file.source.shown));
        for (code, number) in rules {
            text.push_str(&format!("  {code} ({})\n", count(number, "time")));
        }
    }
    text
}

fn color_diff(diff: &str) -> String {
    if !output::look().color {
        return diff.to_owned();
    }
    let mut text = String::new();
    for line in diff.split_inclusive('\n') {
        let color = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => "\x1b[1m",
            Some(b'+') => "\x1b[32m",
            Some(b'-') => "\x1b[31m",
            Some(b'@') => "\x1b[36m",
            _ => "",
        };
        let reset = if color.is_empty() { "" } else { "\x1b[0m" };
        text.push_str(&format!("{color}{}{reset}\n", line.trim_end_matches('\n')));
    }
    text
}
