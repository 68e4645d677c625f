//! `jitcheck man [COMMAND]`

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Cli, ManArgs};
use crate::config;
use crate::exit::{Exit, misuse};
use crate::output;

/// The manual page of the program or of a command, in roff.
pub(crate) fn man(args: &ManArgs) -> Exit {
    // Pages are the same at every build of a version.
    let mut program = Cli::command().version(env!("CARGO_PKG_VERSION")).max_term_width(80);
    program.build();
    let page = match &args.command {
        None => Ok(program.clone()),
        Some(name) => page_of(&program, name),
    };
    let mut bytes = Vec::new();
    match page.and_then(|page| Man::new(page).render(&mut bytes).map_err(|error| error.to_string())) {
        Ok(()) => output::write(&bytes).map_or_else(misuse, |()| Exit::Clean),
        Err(message) => misuse(message),
    }
}

fn page_of(program: &clap::Command, name: &str) -> Result<clap::Command, String> {
    let mut shown = program.get_subcommands().filter(|command| !command.is_hide_set());
    match shown.find(|command| command.get_name() == name) {
        Some(command) => {
            Ok(command.clone().display_name(format!("jitcheck-{name}")).version(env!("CARGO_PKG_VERSION")))
        }
        None => {
            let names = program.get_subcommands().map(clap::Command::get_name);
            Err(format!("no command is called `{name}`{}", config::suggest(name, names)))
        }
    }
}
