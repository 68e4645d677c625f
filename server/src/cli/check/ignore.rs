//! `check --add-ignore`: silences every finding where it is, with a comment.

use super::Run;
use super::group::{Checked, Group};
use super::print;
use crate::exit::{Exit, warning};
use crate::report::count;
use crate::silence::{can_be_silenced, edits};
use crate::{fix, output};

pub(super) fn add(run: &Run<'_>, groups: &mut [Group], checked: Vec<Checked>) -> Result<Exit, String> {
    let (mut silenced, mut left, mut files) = (0, 0, 0);
    for file in checked {
        let report = file.report;
        let before = report.findings.iter().filter(|finding| can_be_silenced(finding)).count();
        left += report.findings.len() - before;
        let edits = edits(&report.source, &report.findings);
        let Some(fixed) = fix::apply(&report.source, &edits, true) else { continue };
        let mut source = fixed.source(&report.source);
        source.shown.clone_from(&report.source.shown);
        let Some(group) = groups.iter_mut().find(|group| group.has(&source.path)) else { continue };
        let after = group.again(run, source).map_err(|(_, message)| message)?;
        let still = after.findings.iter().filter(|finding| can_be_silenced(finding)).count();
        print::write(run, &after.source)?;
        if still > 0 {
            warning(format_args!(
                "{}: {} cannot be silenced in place",
                after.source.shown,
                count(still, "finding")
            ));
        }
        silenced += before.saturating_sub(still);
        left += still;
        files += 1;
    }
    output::print(&format!("Silenced {} in {}\n", count(silenced, "finding"), count(files, "file")));
    Ok(if left == 0 || run.args.exit_zero { Exit::Clean } else { Exit::Problems })
}
