//! How things look: roles of style and sets of glyphs, so that no screen names a colour and none relies on one.
//!
//! Every role that a colour tells apart is told apart by a word or a shape too. The default palette stays within
//! colours that the common kinds of colour blindness keep apart (blue, orange, vermilion; never red against green).

use std::fmt;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

/// Which theme is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ThemeName {
    /// True colours.
    #[default]
    Default,
    /// The sixteen colours of the terminal's own palette.
    Sixteen,
    /// No colour at all: bold, reverse, underline. What `NO_COLOR` asks for.
    Monochrome,
    /// Monochrome, and nothing but ASCII.
    Ascii,
}

impl ThemeName {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Default, Self::Sixteen, Self::Monochrome, Self::Ascii];
}

impl fmt::Display for ThemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "default",
            Self::Sixteen => "16",
            Self::Monochrome => "mono",
            Self::Ascii => "ascii",
        })
    }
}

impl FromStr for ThemeName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|theme| theme.to_string() == text)
            .ok_or_else(|| format!("`{text}` is no theme: it is `default`, `16`, `mono` or `ascii`"))
    }
}

/// Shapes. Each stands beside a word, never instead of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Before the row under the cursor.
    pub cursor: &'static str,
    /// Before a marked row.
    pub marked: &'static str,
    /// Before what is staged.
    pub changed: &'static str,
    /// Before the org's default group.
    pub default: &'static str,
    /// Only some of it.
    pub part: &'static str,
    /// All is well.
    pub good: &'static str,
    /// Look here.
    pub warn: &'static str,
    /// Something is wrong.
    pub bad: &'static str,
    /// Waiting for an answer.
    pub waiting: &'static str,
    /// Between parts of a line.
    pub dot: &'static str,
    /// From one to the other.
    pub arrow: &'static str,
    /// Where a text was cut.
    pub ellipsis: &'static str,
    /// A vertical rule.
    pub vertical: &'static str,
    /// A horizontal rule.
    pub horizontal: &'static str,
    /// Rising bars, the lowest first; the first is blank.
    pub bars: [&'static str; 9],
}

const UNICODE: Glyphs = Glyphs {
    cursor: "▸",
    marked: "●",
    changed: "±",
    default: "★",
    part: "◑",
    good: "✓",
    warn: "▲",
    bad: "✗",
    waiting: "◌",
    dot: "·",
    arrow: "→",
    ellipsis: "…",
    vertical: "│",
    horizontal: "─",
    bars: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

const ASCII: Glyphs = Glyphs {
    cursor: ">",
    marked: "*",
    changed: "~",
    default: "=",
    part: "%",
    good: "+",
    warn: "!",
    bad: "x",
    waiting: "?",
    dot: "-",
    arrow: "->",
    ellipsis: "~",
    vertical: "|",
    horizontal: "-",
    bars: [" ", ".", ".", ":", ":", "|", "|", "#", "#"],
};

/// Roles of style, and glyphs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Theme {
    /// Which it is.
    pub name: ThemeName,
    /// Its shapes.
    pub glyphs: Glyphs,
    /// Plain text.
    pub text: Style,
    /// Text that stands back.
    pub dim: Style,
    /// Headings, names of columns.
    pub heading: Style,
    /// What the eye should find: keys, the present view.
    pub accent: Style,
    /// The header's ground.
    pub header: Style,
    /// The row or cell under the cursor.
    pub cursor: Style,
    /// The same in a pane that hasn't the focus.
    pub cursor_off: Style,
    /// Marked rows.
    pub marked: Style,
    /// Staged changes.
    pub changed: Style,
    /// Well.
    pub good: Style,
    /// A warning.
    pub warn: Style,
    /// An error.
    pub bad: Style,
    /// The word of a production environment.
    pub production: Style,
    /// The word of any other environment.
    pub environment: Style,
    /// Actions that can't be taken now.
    pub disabled: Style,
    /// Frames of panes.
    pub frame: Style,
    /// Frames of the pane with the focus.
    pub frame_on: Style,
}

impl Theme {
    /// Makes one.
    pub fn new(name: ThemeName) -> Self {
        match name {
            ThemeName::Default => colours(name, &TRUE),
            ThemeName::Sixteen => colours(name, &SIXTEEN),
            ThemeName::Monochrome => monochrome(name, UNICODE),
            ThemeName::Ascii => monochrome(name, ASCII),
        }
    }

    /// Whether it draws without colour.
    pub fn is_monochrome(&self) -> bool {
        matches!(self.name, ThemeName::Monochrome | ThemeName::Ascii)
    }
}

struct Palette {
    text: Color,
    dim: Color,
    accent: Color,
    header: Color,
    selection: Color,
    changed: Color,
    good: Color,
    warn: Color,
    bad: Color,
    on_bad: Color,
    frame: Color,
}

// Okabe and Ito's colours, lightened where they stand on a dark ground.
const TRUE: Palette = Palette {
    text: Color::Reset,
    dim: Color::Rgb(138, 143, 152),
    accent: Color::Rgb(86, 180, 233),
    header: Color::Rgb(36, 41, 51),
    selection: Color::Rgb(45, 66, 92),
    changed: Color::Rgb(240, 228, 66),
    good: Color::Rgb(86, 180, 233),
    warn: Color::Rgb(230, 159, 0),
    bad: Color::Rgb(235, 110, 50),
    on_bad: Color::Rgb(20, 20, 20),
    frame: Color::Rgb(84, 90, 102),
};

const SIXTEEN: Palette = Palette {
    text: Color::Reset,
    dim: Color::DarkGray,
    accent: Color::Cyan,
    header: Color::Reset,
    selection: Color::Blue,
    changed: Color::Yellow,
    good: Color::Cyan,
    warn: Color::Yellow,
    bad: Color::LightRed,
    on_bad: Color::Black,
    frame: Color::DarkGray,
};

fn colours(name: ThemeName, p: &Palette) -> Theme {
    let plain = Style::new().fg(p.text);
    let bold = Modifier::BOLD;
    Theme {
        name,
        glyphs: UNICODE,
        text: plain,
        dim: Style::new().fg(p.dim),
        heading: Style::new().fg(p.dim).add_modifier(bold),
        accent: Style::new().fg(p.accent).add_modifier(bold),
        header: Style::new().fg(p.text).bg(p.header),
        cursor: Style::new().bg(p.selection).add_modifier(bold),
        cursor_off: Style::new().add_modifier(Modifier::UNDERLINED),
        marked: Style::new().fg(p.accent),
        changed: Style::new().fg(p.changed).add_modifier(bold),
        good: Style::new().fg(p.good),
        warn: Style::new().fg(p.warn),
        bad: Style::new().fg(p.bad).add_modifier(bold),
        production: Style::new().fg(p.on_bad).bg(p.bad).add_modifier(bold),
        environment: Style::new().fg(p.on_bad).bg(p.accent).add_modifier(bold),
        disabled: Style::new().fg(p.dim).add_modifier(Modifier::CROSSED_OUT),
        frame: Style::new().fg(p.frame),
        frame_on: Style::new().fg(p.accent),
    }
}

fn monochrome(name: ThemeName, glyphs: Glyphs) -> Theme {
    let plain = Style::new();
    Theme {
        name,
        glyphs,
        text: plain,
        dim: plain.add_modifier(Modifier::DIM),
        heading: plain.add_modifier(Modifier::UNDERLINED),
        accent: plain.add_modifier(Modifier::BOLD),
        header: plain.add_modifier(Modifier::REVERSED),
        cursor: plain.add_modifier(Modifier::REVERSED),
        cursor_off: plain.add_modifier(Modifier::UNDERLINED),
        marked: plain.add_modifier(Modifier::BOLD),
        changed: plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        good: plain,
        warn: plain.add_modifier(Modifier::BOLD),
        bad: plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
        production: plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
        environment: plain.add_modifier(Modifier::BOLD),
        disabled: plain.add_modifier(Modifier::DIM | Modifier::CROSSED_OUT),
        frame: plain.add_modifier(Modifier::DIM),
        frame_on: plain.add_modifier(Modifier::BOLD),
    }
}
