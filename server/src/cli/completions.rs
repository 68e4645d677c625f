//! `jitcheck completions SHELL`

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::exit::Exit;

pub(crate) fn completions(args: &CompletionsArgs) -> Exit {
    clap_complete::generate(args.shell, &mut Cli::command(), "jitcheck", &mut std::io::stdout());
    Exit::Clean
}
