//! One styled dump for each theme: snapshots of text say nothing of style.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::driver::Driver;
use crate::console::screens::view;
use crate::console::theme::{Theme, ThemeName};

fn drawn(theme: ThemeName) -> Buffer {
    let mut driver = Driver::settled();
    driver.size(100, 20);
    driver.model.theme = Theme::new(theme);
    driver.press("2 end enter down w v down");
    let mut terminal = Terminal::new(TestBackend::new(100, 20)).expect("a screen in memory");
    terminal.draw(|frame| view(&driver.model, frame)).expect("it draws").buffer.clone()
}

/// Each line, then its runs of style: from which column on, and which.
fn styled(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut runs = Vec::new();
        let mut last = None;
        for x in 0..buffer.area.width {
            let cell = buffer.cell((x, y)).expect("inside");
            line.push_str(cell.symbol());
            let style = (cell.fg, cell.bg, cell.modifier);
            if last != Some(style) {
                runs.push(format!("{x}:{}/{}/{:?}", cell.fg, cell.bg, cell.modifier));
                last = Some(style);
            }
        }
        out.push_str(&format!("{}\n    {}\n", line.trim_end(), runs.join(" ")));
    }
    out
}

#[test]
fn one_dump_for_each_theme() {
    for theme in ThemeName::ALL {
        insta::assert_snapshot!(format!("theme-{theme}"), styled(&drawn(theme)));
    }
}

#[test]
fn monochrome_has_no_colour_and_ascii_nothing_but_ascii() {
    for theme in [ThemeName::Monochrome, ThemeName::Ascii] {
        let buffer = drawn(theme);
        let plain = |color: Color| color == Color::Reset;
        assert!(buffer.content().iter().all(|cell| plain(cell.fg) && plain(cell.bg)), "{theme}");
        assert!(buffer.content().iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)), "{theme}: the cursor is seen");
    }
    // Names and prose of policy keep their own characters; what the console draws is ASCII.
    for cell in drawn(ThemeName::Ascii).content() {
        assert!(cell.symbol().is_ascii(), "`{}` is drawn under the ASCII theme", cell.symbol());
    }
}
