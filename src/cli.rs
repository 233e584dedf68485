//! The command line: arguments, one `match` from command to function, and the exit code.
//!
//! Data goes to standard output, everything else to standard error. Exit codes: 0 done, 1 it failed or
//! `check` found problems, 2 wrong usage.

mod add;
mod append;
mod backup;
mod clean;
mod config;
mod log;
mod opml;
mod output;
mod poll;
mod run;
mod sites;
mod status;
mod undo;

use crate::config::AllowPrivate;
use crate::daemon::Role;
use crate::model::FeedFormat;
use anyhow::Result;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Takes the debris out of syndicated feeds and republishes them clean.
///
/// Without a command it does what `feedwash run` does: it polls the sources in feeds.toml, washes their entries
/// and serves the clean feeds.
#[derive(Debug, Parser)]
#[command(name = "feedwash", version, disable_help_subcommand = true)]
#[command(
    after_help = "FEEDWASH_LOG=feedwash=debug shows more of what happens, FEEDWASH_LOG=error less; FEEDWASH_LOG_FORMAT=json \
    is for machines.\n\
    Exit codes: 0 done, 1 it failed or `check` found problems, 2 wrong usage."
)]
struct Cli {
    /// The configuration [default: feeds.toml in this folder, else /etc/feedwash/feeds.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Poll, wash, store and serve, day and night (the default)
    ///
    /// Several may share one PostgreSQL database, on one machine or on many: each source is polled by one of them at a time, and
    /// each serves all feeds. One that only polls and others that only serve are told so.
    Run {
        /// Poll, and serve nothing
        #[arg(long, conflicts_with = "no_poll")]
        no_web: bool,
        /// Serve what others poll, and poll nothing
        #[arg(long)]
        no_poll: bool,
    },
    /// Poll what is due once, then exit: for cron
    ///
    /// Sources that are named are polled before their interval is over. The exit code is 1 where a named source
    /// failed; one of many that are due may fail without that.
    Poll {
        /// Poll these, due or not
        sources: Vec<String>,
        /// Also poll what answered 410 or asked to wait (Retry-After), and take a feed that turned into another or is empty
        #[arg(long)]
        force: bool,
    },
    /// Wash one feed: a filter from input to standard output
    Clean {
        #[command(flatten)]
        input: Input,
        /// Write this format [default: the input's]
        #[arg(long, value_name = "FORMAT")]
        to: Option<Format>,
        /// Read and rewrite only; remove nothing
        #[arg(long)]
        raw: bool,
    },
    /// Show what `clean` would remove, entry by entry, and why
    ///
    /// With --source alone it shows what was removed from all that is stored of that source, whether it answers now or
    /// not; name its URL too to see what `clean` would remove from what it serves now.
    Explain {
        #[command(flatten)]
        input: Input,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Find the feed of a site or page, show what it would look like, and add it to feeds.toml
    ///
    /// It asks which where a site has several. Comments in feeds.toml are kept.
    Add {
        /// Addresses of feeds, pages or sites
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
        /// Call the source so [default: by the feed's title]
        #[arg(long)]
        name: Option<String>,
        /// Show it and add nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say whether feeds.toml is right
    Check {
        /// Also poll each source, and store nothing
        #[arg(long)]
        fetch: bool,
        /// Read no secret that it names: they may be for the service alone
        #[arg(long, conflicts_with = "fetch")]
        no_secrets: bool,
    },
    /// Show how each source fares
    Status {
        /// Only these [default: all]
        sources: Vec<String>,
        /// Only those whose last poll failed, or that are gone
        #[arg(long)]
        failing: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask the running daemon whether all is well
    ///
    /// It answers as /health does. The exit code is 1 where something is wrong or nobody answers: for containers, and whatever
    /// else looks after services.
    Health {
        /// Where it serves; then feeds.toml is not read [default: server.listen]
        #[arg(value_name = "ADDRESS:PORT")]
        address: Option<SocketAddr>,
    },
    /// Wash stored entries by the rules of today
    ///
    /// The daemon does so by itself when feeds.toml changes. Ids and dates stay, and no reader is told of an update.
    Rewash {
        /// Wash the entries of these [default: of all]
        sources: Vec<String>,
        /// Say how many entries would change, show some, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Put back what was removed from an entry, or remove it again
    ///
    /// With a source alone it lists what was put back there, with the numbers that --undo takes; with an entry as well, what was
    /// removed from that.
    Restore {
        /// The source's name in feeds.toml
        source: String,
        /// The entry's key as `explain --source` shows it, or its id
        entry: Option<String>,
        /// The removal, by its eight letters, which stay the same, or by its number, as `explain --source` shows both
        removal: Option<undo::Named>,
        /// Put it back in every entry of the source, from now on
        #[arg(long, requires = "removal")]
        for_source: bool,
        /// Remove again what was put back under this number
        #[arg(long, value_name = "NUMBER", conflicts_with = "entry")]
        undo: Option<i64>,
    },
    /// Copy the store to a file while everything goes on
    ///
    /// To restore: stop the daemon, put the copy in the place of the store, start. A PostgreSQL database is copied by pg_dump.
    Backup {
        /// The copy; an existing file is not replaced
        file: PathBuf,
        /// Replace the file
        #[arg(long)]
        force: bool,
    },
    /// Copy everything that is stored into another store, which is empty: from the file to PostgreSQL, or back
    ///
    /// Stop the daemon first. Ids, dates and what was put back stay, so readers notice nothing; the old store stays as it is.
    /// Then name the new one in feeds.toml, as `url` below `[store]`, and start.
    MigrateStore {
        /// The new store, as `url` below `[store]` names it: postgres://user@host/database, or sqlite:file
        to: String,
    },
    /// Exchange lists of feeds with readers
    Opml {
        #[command(subcommand)]
        command: OpmlCommand,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Subcommand)]
enum OpmlCommand {
    /// Add the feeds of an OPML file to feeds.toml; its comments are kept
    Import {
        /// The file, or - for standard input
        file: PathBuf,
    },
    /// Print the clean feeds as OPML, for one import into a reader
    Export,
}

/// A feed, and what is known about it.
#[derive(Debug, Args)]
struct Input {
    /// A file, a URL, or - for standard input [default: -; with --source alone its url, or for explain what is stored of it]
    input: Option<String>,
    /// The feed's own address, which relative links resolve against
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// The Content-Type that it was served with
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Clean as feeds.toml says for this source
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Take the rules of --source from this file instead of feeds.toml
    #[arg(long, value_name = "FILE", requires = "source")]
    rules: Option<PathBuf>,
    /// Let a URL lead into this private network or to this host
    #[arg(long, value_name = "NET")]
    allow_private: Vec<AllowPrivate>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// RSS 2.0
    Rss,
    /// Atom 1.0
    Atom,
    /// JSON Feed 1.1
    Json,
}

impl Input {
    /// Whether nothing but a source of feeds.toml is named.
    fn is_source_alone(&self) -> bool {
        let given = [&self.input, &self.base, &self.content_type];
        self.source.is_some() && self.rules.is_none() && given.iter().all(|one| one.is_none())
    }
}

impl From<Format> for FeedFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Rss => Self::Rss,
            Format::Atom => Self::Atom,
            Format::Json => Self::Json,
        }
    }
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let is_service = matches!(cli.command, None | Some(Command::Run { .. }));
    if is_service {
        run::settle_allocator();
    }
    log::init(is_service);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("can't start")),
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if is_service && log::is_for_machines() => {
            tracing::error!("{error:#}");
            code_of(&error)
        }
        Err(error) => fail(&error),
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode> {
    let path = cli.config.as_deref();
    let all = Command::Run {
        no_web: false,
        no_poll: false,
    };
    match cli.command.unwrap_or(all) {
        Command::Run { no_web, no_poll } => {
            let role = match (no_web, no_poll) {
                (true, _) => Role::Polls,
                (_, true) => Role::Serves,
                (false, false) => Role::Both,
            };
            run::run(path, role).await
        }
        Command::Poll { sources, force } => poll::poll(path, &sources, force).await,
        Command::Clean { input, to, raw } => {
            clean::clean(path, &input, to.map(FeedFormat::from), raw).await
        }
        Command::Explain { input, json } => clean::explain(path, &input, json).await,
        Command::Add {
            urls,
            name,
            dry_run,
        } => add::add(path, &urls, name.as_deref(), dry_run).await,
        Command::Check { fetch, no_secrets } => config::check(path, fetch, no_secrets).await,
        Command::Status {
            sources,
            failing,
            json,
        } => status::status(path, &sources, failing, json).await,
        Command::Health { address } => status::health(path, address).await,
        Command::Rewash { sources, dry_run } => undo::rewash_sources(path, &sources, dry_run).await,
        Command::Restore {
            source,
            entry,
            removal,
            for_source,
            undo,
        } => {
            let wish = match (undo, entry.as_deref(), removal) {
                (Some(number), ..) => undo::Wish::Undo(number),
                (None, Some(entry), Some(removal)) => undo::Wish::Restore {
                    entry,
                    removal,
                    for_source,
                },
                (None, Some(entry), None) => undo::Wish::Choose(entry),
                (None, None, _) => undo::Wish::List,
            };
            undo::restore(path, &source, wish).await
        }
        Command::Backup { file, force } => backup::backup(path, &file, force).await,
        Command::MigrateStore { to } => backup::migrate(path, &to).await,
        Command::Opml {
            command: OpmlCommand::Import { file },
        } => opml::import(path, &file),
        Command::Opml {
            command: OpmlCommand::Export,
        } => opml::export(path).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "feedwash", &mut script);
            output::bytes(&script)
        }
        Command::Man => output::bytes(&man()?),
    }
}

/// The manual page: the program, and each command as its own help says it.
fn man() -> std::io::Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    writeln!(page, ".SH COMMANDS")?;
    for sub in command.get_subcommands_mut() {
        writeln!(page, ".SS feedwash {}\n.nf", sub.get_name())?;
        for line in sub.render_long_help().to_string().lines() {
            // A line that starts with a dot or a quote would be an instruction; a backslash, an escape.
            writeln!(page, "\\&{}", line.replace('\\', "\\e").replace('-', "\\-"))?;
        }
        writeln!(page, ".fi")?;
    }
    page.write_all(
        b".SH FILES\n.TP\n\\&./feeds.toml, /etc/feedwash/feeds.toml\nthe configuration, looked for in this order\n\
          .SH ENVIRONMENT\n.TP\nFEEDWASH_LOG\nwhat is logged, like feedwash=debug\n.TP\nFEEDWASH_LOG_FORMAT\n\
          text, or json for one object a line\n.TP\nSTATE_DIRECTORY\n\
          where a relative store path leads; systemd sets it\n.TP\nCREDENTIALS_DIRECTORY\n\
          where credentials that feeds.toml names are looked for; systemd sets it\n\
          .SH EXIT STATUS\n0 done, 1 it failed or check found problems, 2 wrong usage\n",
    )?;
    Ok(page)
}

/// Prints an error once, with its causes.
fn fail(error: &anyhow::Error) -> ExitCode {
    // Nobody is left to tell where standard error is closed.
    let _ = writeln!(std::io::stderr(), "feedwash: {error:#}");
    code_of(error)
}

fn code_of(error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<Usage>() {
        Some(_) => ExitCode::from(2),
        None => ExitCode::FAILURE,
    }
}

/// A mistake in what was typed, found after the arguments were read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
