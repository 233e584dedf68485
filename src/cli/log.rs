//! What happens, told on standard error: to people, to a journal, or to machines.

use super::output;
use crate::store;
use std::fmt;
use std::io::IsTerminal as _;
use std::os::unix::fs::MetadataExt as _;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Logs to standard error. `FEEDWASH_LOG` (else `RUST_LOG`) says what, like `feedwash=debug`, and `FEEDWASH_LOG_FORMAT=json`
/// writes one JSON object a line. Under systemd each line says its level the way a journal reads it, and no time, which the
/// journal writes itself.
pub(super) fn init(is_service: bool) {
    let default = match is_service {
        true => format!("warn,feedwash=info,{}", store::QUIET),
        false => format!("warn,{}", store::QUIET),
    };
    let wanted = ["FEEDWASH_LOG", "RUST_LOG"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    let filter = wanted
        .map(|wanted| {
            let filter = match unknown(&wanted) {
                Some(word) => Err(format!(
                    "\"{word}\" is no level (error, warn, info, debug, trace, off) and nothing that logs (feedwash=LEVEL)"
                )),
                None => EnvFilter::try_new(&wanted).map_err(|error| error.to_string()),
            };
            filter.unwrap_or_else(|why| {
                output::say(&format!("feedwash: FEEDWASH_LOG can't be \"{wanted}\": {why}"));
                EnvFilter::new(&default)
            })
        })
        .unwrap_or_else(|| EnvFilter::new(&default));
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(colour);
    match std::env::var("FEEDWASH_LOG_FORMAT").as_deref() {
        Ok("json") => log.json().flatten_event(true).init(),
        Ok(other) if !matches!(other, "" | "text") => {
            log.init();
            output::say(&format!(
                "feedwash: FEEDWASH_LOG_FORMAT can't be \"{other}\"; it is text or json"
            ));
        }
        _ if is_journal() => {
            log.event_format(Journal::default()).init();
        }
        _ => log.init(),
    }
    tell_panics();
}

/// Whether the log is read line by line by something that wants to know the level of each.
pub(super) fn is_for_machines() -> bool {
    is_journal() || std::env::var("FEEDWASH_LOG_FORMAT").is_ok_and(|format| format == "json")
}

/// Whether standard error is a journal's. The variable alone says little: a shell that a service started has inherited it
/// (systemd.exec(5), `$JOURNAL_STREAM`).
fn is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    let here = std::fs::metadata("/proc/self/fd/2");
    here.is_ok_and(|here| stream == format!("{}:{}", here.dev(), here.ino()))
}

/// A word that would silence everything: it is no level, so it would be taken for the name of a program that logs.
fn unknown(wanted: &str) -> Option<&str> {
    let words = wanted.split(',').map(str::trim);
    let mut words = words.filter(|word| !word.is_empty() && !word.contains(['=', '[']));
    words.find(|word| word.parse::<tracing::level_filters::LevelFilter>().is_err())
}

/// A panic is a bug that is confined to what it happened in. It is one line of the log, as everything else.
fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or_default();
        let backtrace = std::backtrace::Backtrace::capture();
        let backtrace = match backtrace.status() {
            std::backtrace::BacktraceStatus::Captured => format!("\n{backtrace}"),
            _ => String::new(),
        };
        tracing::error!(place, message, "a bug of Feedwash{backtrace}");
    }));
}

/// Lines whose beginning says their level: `<3>` and so on (sd-daemon(3), `SyslogLevelPrefix=`).
struct Journal(Format<Full, ()>);

impl Default for Journal {
    fn default() -> Self {
        Self(
            Format::default()
                .without_time()
                .with_target(false)
                .with_level(false)
                .with_ansi(false),
        )
    }
}

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // syslog(3): 3 error, 4 warning, 6 informational, 7 debug.
        let level = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        // Each line is an entry of its own, and has its own level.
        for line in line.lines() {
            writeln!(writer, "<{level}>{line}")?;
        }
        Ok(())
    }
}
