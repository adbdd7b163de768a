//! Brushes: panes, tables whose columns hide by priority, bars, figures in words. They know nothing of policy.

use bailiwick_policy::name::is_bidirectional_control;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::console::theme::{Theme, ThemeName};

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Columns it needs at least.
    pub least: u16,
    /// Columns it takes at most, if there is room.
    pub most: u16,
    /// The higher, the sooner it is hidden. Nought never is.
    pub hides: u8,
    /// Figures stand on the right.
    pub right: bool,
}

/// A column of text.
pub const fn text(title: &'static str, least: u16, most: u16, hides: u8) -> Column {
    Column { title, least, most, hides, right: false }
}

/// A column of figures.
pub const fn figure(title: &'static str, least: u16, hides: u8) -> Column {
    Column { title, least, most: least, hides, right: true }
}

/// What stands in a cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

impl Cell {
    /// Makes one.
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, Style::new())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text, Style::new())
    }
}

/// Where the columns go that have room: their place in the table, their left edge and their width.
pub fn fit(columns: &[Column], width: u16) -> Vec<(usize, u16, u16)> {
    const GAP: u16 = 2;
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let need = |shown: &[usize]| -> u16 {
        let widths: u16 = shown.iter().filter_map(|at| columns.get(*at)).map(|c| c.least).sum();
        widths + GAP * u16::try_from(shown.len().saturating_sub(1)).unwrap_or(0)
    };
    while need(&shown) > width {
        let worst = shown.iter().enumerate().filter_map(|(place, at)| columns.get(*at).map(|c| (c.hides, place))).max();
        match worst {
            Some((hides, place)) if hides > 0 => {
                shown.remove(place);
            }
            Some(_) | None => break,
        }
    }
    // What is left over goes round, one to each that can still grow.
    let mut spare = width.saturating_sub(need(&shown));
    let mut widths: Vec<(usize, u16, u16)> = shown.iter().filter_map(|at| columns.get(*at).map(|c| (*at, c.least, c.most))).collect();
    while spare > 0 && widths.iter().any(|(_, wide, most)| wide < most) {
        for (_, wide, most) in &mut widths {
            if spare > 0 && *wide < *most {
                *wide += 1;
                spare -= 1;
            }
        }
    }
    let mut left = 0u16;
    let mut places = Vec::with_capacity(widths.len());
    for (at, wide, _) in widths {
        let wide = wide.min(width.saturating_sub(left));
        places.push((at, left, wide));
        left = left.saturating_add(wide + GAP).min(width);
    }
    places
}

/// Writes a text into so many columns, cut with an ellipsis, without anything that could change the text around it.
pub fn put(buffer: &mut Buffer, theme: &Theme, at: (u16, u16), width: u16, text: &str, style: Style) {
    if width == 0 || !buffer.area.contains(at.into()) {
        return;
    }
    let safe: String;
    let unsafe_here = |c: char| c.is_control() || is_bidirectional_control(c);
    let text = if theme.name == ThemeName::Ascii && !text.is_ascii() {
        safe = text.chars().filter(|c| !unsafe_here(*c)).map(plain).collect();
        &safe
    } else if text.chars().any(unsafe_here) {
        safe = text.chars().filter(|c| !unsafe_here(*c)).collect();
        &safe
    } else {
        text
    };
    buffer.set_stringn(at.0, at.1, text, usize::from(width), style);
    if text.len() > usize::from(width) && Span::raw(text).width() > usize::from(width) {
        buffer.set_stringn(at.0 + width - 1, at.1, theme.glyphs.ellipsis, 1, style);
    }
}

/// The signs that prose uses, where only ASCII is to be had. Names keep their letters: there is no other way to
/// write them.
fn plain(c: char) -> char {
    match c {
        '…' => '~',
        '→' => '>',
        '·' => '-',
        'µ' => 'u',
        other => other,
    }
}

/// Writes a row of cells where the columns are.
pub fn cells(buffer: &mut Buffer, theme: &Theme, area: Rect, columns: &[Column], places: &[(usize, u16, u16)], row: &[Cell]) {
    for (at, left, width) in places {
        let (Some(column), Some(cell)) = (columns.get(*at), row.get(*at)) else { continue };
        let wide = u16::try_from(Span::raw(cell.text.as_str()).width()).unwrap_or(u16::MAX);
        let indent = if column.right { width.saturating_sub(wide) } else { 0 };
        put(buffer, theme, (area.x + left + indent, area.y), width - indent, &cell.text, cell.style);
    }
}

/// Writes the headings of the columns.
pub fn headings(buffer: &mut Buffer, theme: &Theme, area: Rect, columns: &[Column], places: &[(usize, u16, u16)]) {
    let titles: Vec<Cell> = columns.iter().map(|column| Cell::new(column.title, theme.heading)).collect();
    cells(buffer, theme, area, columns, places, &titles);
}

/// A rule with a title and a note on its right; what is below it is returned.
pub fn pane(buffer: &mut Buffer, theme: &Theme, area: Rect, title: &str, note: &str, focused: bool) -> Rect {
    if area.height == 0 || area.width < 4 {
        return area;
    }
    let frame = if focused { theme.frame_on } else { theme.frame };
    let rule = theme.glyphs.horizontal.repeat(usize::from(area.width));
    put(buffer, theme, (area.x, area.y), area.width, &rule, frame);
    let name = if focused { theme.accent } else { theme.heading };
    let title = format!(" {title} ");
    put(buffer, theme, (area.x + 1, area.y), area.width - 2, &title, name);
    let (named, noted) = (width(&title), width(note) + 2);
    if !note.is_empty() && named + noted + 3 < area.width {
        put(buffer, theme, (area.right() - noted - 1, area.y), noted, &format!(" {note} "), theme.dim);
    }
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// A rule down the left edge; what is right of it is returned.
pub fn beside(buffer: &mut Buffer, theme: &Theme, area: Rect) -> Rect {
    for y in area.top()..area.bottom() {
        put(buffer, theme, (area.x, y), 1, theme.glyphs.vertical, theme.frame);
    }
    Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }
}

/// Lines of text from the top, as many as there is room for.
pub fn lines(buffer: &mut Buffer, theme: &Theme, area: Rect, lines: &[(String, Style)]) {
    for (y, (text, style)) in (area.top()..area.bottom()).zip(lines) {
        put(buffer, theme, (area.x, y), area.width, text, *style);
    }
}

/// A sentence in the middle of an area, with a second one below.
pub fn middle(buffer: &mut Buffer, theme: &Theme, area: Rect, text: &str, style: Style, below: &str) {
    let top = area.y + area.height.saturating_sub(2) / 2;
    let folded = wrap(text, usize::from(area.width.saturating_sub(2)).max(1));
    let below = wrap(below, usize::from(area.width.saturating_sub(2)).max(1));
    let all = folded.iter().map(|l| (l, style)).chain(below.iter().map(|l| (l, theme.dim)));
    for (y, (line, style)) in (top..area.bottom()).zip(all) {
        let indent = area.width.saturating_sub(width(line)) / 2;
        put(buffer, theme, (area.x + indent, y), area.width - indent, line, style);
    }
}

/// Words folded to a width.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let fits = Span::raw(line.as_str()).width() + 1 + Span::raw(word).width() <= columns;
        if !line.is_empty() && !fits {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A line folded to a width, what is folded standing a little further in than where it began.
pub fn wrap_under(line: &str, columns: usize) -> Vec<String> {
    let body = line.trim_start();
    let indent = line.len() - body.len();
    let folded = wrap(body, columns.saturating_sub(indent + 2).max(1));
    let shift = |at: usize| " ".repeat(if at == 0 { indent } else { indent + 2 });
    if folded.is_empty() { vec![String::new()] } else { folded.into_iter().enumerate().map(|(at, part)| format!("{}{part}", shift(at))).collect() }
}

/// Bars of the newest values, the newest on the right.
pub fn bars(buffer: &mut Buffer, theme: &Theme, area: Rect, values: impl DoubleEndedIterator<Item = u64>, style: Style) {
    let newest: Vec<u64> = values.rev().take(usize::from(area.width)).collect();
    let most = newest.iter().copied().max().unwrap_or(0).max(1);
    let steps = u64::from(area.height) * 8;
    for (x, value) in (area.left()..area.right()).rev().zip(newest) {
        // Whatever isn't nought is seen.
        let mut level = (value.saturating_mul(steps) / most).max(u64::from(value > 0));
        for y in (area.top()..area.bottom()).rev() {
            let here = level.min(8);
            level -= here;
            let glyph = usize::try_from(here).ok().and_then(|at| theme.glyphs.bars.get(at)).copied().unwrap_or(" ");
            put(buffer, theme, (x, y), 1, glyph, style);
        }
    }
}

/// Columns that a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX)
}

/// Writes spans one after the other.
pub fn spans(buffer: &mut Buffer, area: Rect, parts: Vec<Span<'_>>) {
    if area.height > 0 && area.width > 0 {
        buffer.set_line(area.x, area.y, &Line::from(parts), area.width);
    }
}

/// `4,640`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `0.3 s`, `42 s`, `7 min`, `3 h`, `12 d`.
pub fn span_of(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        10_000..120_000 => format!("{} s", ms / 1_000),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} d", ms / 86_400_000),
    }
}

/// How long ago something was, by the wall's clock; a time ahead of it is `now`.
pub fn ago(wall_ms: u64, then_ms: u64) -> String {
    match then_ms {
        0 => "never".to_owned(),
        _ if wall_ms < then_ms + 1_000 => "now".to_owned(),
        _ => format!("{} ago", span_of(wall_ms - then_ms)),
    }
}

/// `850 µs`, `3.2 ms`, `1.4 s`.
pub fn micros(us: u64, theme: &Theme) -> String {
    let micro = if theme.glyphs.ellipsis.is_ascii() { "us" } else { "µs" };
    match us {
        0 => "0".to_owned(),
        1..1_000 => format!("{us} {micro}"),
        1_000..1_000_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}

/// `512 B`, `3.4 GB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut whole, mut tenth, mut unit) = (n, 0, 0usize);
    while whole >= 1_000 && unit + 1 < UNITS.len() {
        tenth = whole % 1_000 / 100;
        whole /= 1_000;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("B");
    if unit == 0 { format!("{whole} {name}") } else { format!("{whole}.{tenth} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hide_by_priority_and_the_last_stays() {
        let columns = [text("name", 10, 20, 0), figure("stores", 8, 1), text("updated", 12, 12, 2)];
        let shown = |width| fit(&columns, width).iter().map(|(at, ..)| *at).collect::<Vec<_>>();
        assert_eq!(shown(60), [0, 1, 2]);
        assert_eq!(shown(24), [0, 1]);
        assert_eq!(shown(12), [0]);
        assert_eq!(shown(3), [0]);
        assert!(fit(&columns, 60).iter().all(|(_, left, width)| left + width <= 60));
    }

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!((count(0), count(999), count(4_640), count(1_000_000)), ("0".into(), "999".into(), "4,640".into(), "1,000,000".into()));
        assert_eq!((span_of(340), span_of(42_000), span_of(7_200_000)), ("0.3 s".into(), "42 s".into(), "2 h".into()));
        assert_eq!((bytes(512), bytes(3_450_000_000)), ("512 B".into(), "3.4 GB".into()));
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    }
}
