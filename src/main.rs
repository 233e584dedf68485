//! The `feedwash` program.

fn main() {}
