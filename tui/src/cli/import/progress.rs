//! How far an import is: a bar where there is a terminal, else a line a batch.

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::exit::Trouble;
use crate::cli::out::Out;

/// A bar, or lines.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins, with so many rows done of so many.
    pub fn new(done: u64, rows: u64, out: &Out<'_>) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} rows · {per_sec} · {eta} left");
        let bar = out.bars.then(|| {
            let bar = ProgressBar::new(rows).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_position(done);
            bar
        });
        Self { bar }
    }

    /// One more batch is applied.
    pub fn batch(&self, line: &str, rows: u64, out: &mut Out<'_>) -> Result<(), Trouble> {
        match &self.bar {
            Some(bar) => {
                bar.inc(rows);
                Ok(())
            }
            None => out.note(line),
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
