//! The `feedwash` program: arguments in, exit code out.

use std::process::ExitCode;

/// Documents are read into many small strings, which this hands out faster than the allocator of the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    feedwash::cli::main()
}
