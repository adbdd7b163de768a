//! What an import puts right without calling it a fault: repeats, templates normalised, rows without a resource, and
//! resource names that look like one another. Counted, and told.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_policy::ids::ResourceId;
use bailiwick_policy::path::TemplateNote;
use serde_json::{Value, json};

/// Pairs of similar names told at most; the rest is a count.
const SIMILAR_SHOWN_MAX: usize = 20;

/// The counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notes {
    /// Rows of the file, its header aside.
    pub rows: u64,
    /// Keys that are left of them.
    pub keys: u64,
    /// Rows that repeat a key with equal values.
    pub repeats: u64,
    /// Repeats that are written alike, too.
    pub repeats_exact: u64,
    /// Rows without a resource, nor any other way in.
    pub unmapped: u64,
    templates: BTreeMap<TemplateNote, u64>,
    resources: BTreeMap<String, BTreeSet<String>>,
}

impl Notes {
    /// Counts something that was odd about a template.
    pub fn template(&mut self, note: TemplateNote) {
        *self.templates.entry(note).or_default() += 1;
    }

    /// Remembers the name of a resource beside those that differ from it by case or number only.
    pub fn resource(&mut self, resource: &ResourceId) {
        let folded = resource.as_str().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        let stem = folded.strip_suffix('s').unwrap_or(&folded).to_owned();
        self.resources.entry(stem).or_default().insert(resource.to_string());
    }

    fn similar(&self) -> Vec<&BTreeSet<String>> {
        self.resources.values().filter(|names| names.len() > 1).collect()
    }

    /// For people: one line, and one a matter after it.
    pub fn lines(&self, what: &str) -> Vec<String> {
        let mut first = format!("{} rows: {} {what}", self.rows, self.keys);
        if self.repeats > 0 {
            first.push_str(&format!(", {} repeats ({} of them exact)", self.repeats, self.repeats_exact));
        }
        let mut lines = vec![first];
        lines.extend(self.templates.iter().map(|(note, count)| format!("  {count} × {}", note.text())));
        if self.unmapped > 0 {
            lines.push(format!("  {} × no resource: such an endpoint is denied to everybody", self.unmapped));
        }
        let similar = self.similar();
        for names in similar.iter().take(SIMILAR_SHOWN_MAX) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            lines.push(format!("  resource names that differ by case or number only: {}", names.join(" · ")));
        }
        if similar.len() > SIMILAR_SHOWN_MAX {
            lines.push(format!("  and {} more such names", similar.len() - SIMILAR_SHOWN_MAX));
        }
        lines
    }

    /// For `--json`.
    pub fn json(&self) -> Value {
        let templates: BTreeMap<&str, u64> = self.templates.iter().map(|(note, count)| (word(*note), *count)).collect();
        json!({
            "rows": self.rows, "keys": self.keys, "repeats": self.repeats, "repeats_exact": self.repeats_exact,
            "unmapped": self.unmapped, "templates": templates, "similar_resources": self.similar(),
        })
    }
}

fn word(note: TemplateNote) -> &'static str {
    match note {
        TemplateNote::LeadingSlashMissing => "leading_slash_missing",
        TemplateNote::EmptySegment => "empty_segment",
        TemplateNote::Query => "query",
        TemplateNote::BracesUnbalanced => "braces_unbalanced",
        TemplateNote::BracesDoubled => "braces_doubled",
        TemplateNote::MixedSegment => "mixed_segment",
        TemplateNote::DotSegment => "dot_segment",
    }
}
