//! A list in a pane: title, place in the whole, headings, only the rows that are seen; and what is said when there
//! are none, or when they couldn't be had.

use bailiwick_policy::query::Item;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{Cell, Column, cells, count, fit, headings, middle, pane, put};
use crate::console::listing::{Listing, Load};
use crate::console::theme::Theme;

/// What a row is besides its cells.
#[derive(Clone, Copy, Default, Debug)]
pub struct Flags {
    /// Marked.
    pub marked: bool,
    /// Staged.
    pub changed: bool,
}

/// How a list is drawn.
pub struct ListPane<'a> {
    /// The title of the pane.
    pub title: &'a str,
    /// Whether keys move in it.
    pub focused: bool,
    /// Its columns.
    pub columns: &'a [Column],
    /// What is said when it is empty, and what to do about it.
    pub empty: (&'a str, &'a str),
}

impl ListPane<'_> {
    /// Draws it.
    pub fn draw(
        &self,
        buffer: &mut Buffer,
        theme: &Theme,
        area: Rect,
        list: &Listing,
        row: impl Fn(usize, &Item) -> (Vec<Cell>, Flags),
    ) {
        let inner = pane(buffer, theme, area, self.title, &place(list), self.focused);
        if inner.height == 0 {
            return;
        }
        if list.rows.is_empty() {
            let (text, style, below) = match &list.load {
                Load::Never | Load::Loading => ("loading".to_owned(), theme.dim, String::new()),
                Load::Ready if list.is_filtered() => {
                    ("nothing matches the filter".to_owned(), theme.text, "esc clears it".to_owned())
                }
                Load::Ready => (self.empty.0.to_owned(), theme.text, self.empty.1.to_owned()),
                Load::Failed(fault) => {
                    (format!("{} {fault}", theme.glyphs.bad), theme.bad, "it is asked for again by itself; R asks now".to_owned())
                }
            };
            middle(buffer, theme, inner, &text, style, &below);
            return;
        }
        const GUTTER: u16 = 3;
        let table = Rect { x: inner.x + GUTTER, width: inner.width.saturating_sub(GUTTER), ..inner };
        let places = fit(self.columns, table.width);
        headings(buffer, theme, Rect { height: 1, ..table }, self.columns, &places);
        let top = list.first_shown(usize::from(inner.height.saturating_sub(1)));
        for (y, (at, item)) in (inner.y + 1..inner.bottom()).zip(list.rows.iter().enumerate().skip(top)) {
            let (row, flags) = row(at, item);
            let line = Rect { y, height: 1, ..table };
            cells(buffer, theme, line, self.columns, &places, &row);
            let here = at == list.cursor;
            if here {
                let style = if self.focused { theme.cursor } else { theme.cursor_off };
                buffer.set_style(Rect { y, height: 1, ..inner }, style);
                put(buffer, theme, (inner.x, y), 1, theme.glyphs.cursor, if self.focused { theme.accent.patch(theme.cursor) } else { theme.dim });
            }
            if flags.marked {
                put(buffer, theme, (inner.x + 1, y), 1, theme.glyphs.marked, theme.marked);
            } else if flags.changed {
                put(buffer, theme, (inner.x + 1, y), 1, theme.glyphs.changed, theme.changed);
            }
        }
        if let Load::Failed(fault) = &list.load {
            let y = inner.bottom().saturating_sub(1);
            let text = format!("{} out of date: {fault}", theme.glyphs.warn);
            put(buffer, theme, (inner.x, y), inner.width, &format!("{text:<width$}", width = usize::from(inner.width)), theme.warn);
        }
    }
}

/// `17 of 4,640`.
fn place(list: &Listing) -> String {
    match (list.position(), list.total) {
        (Some(at), Some(total)) => format!("{} of {}", count(at), count(total)),
        (None, Some(total)) => format!("of {}", count(total)),
        (Some(at), None) => format!("{} of more", count(at)),
        (None, None) => String::new(),
    }
}
