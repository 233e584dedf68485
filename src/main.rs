//! The `feedwash` program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    feedwash::cli::main()
}
