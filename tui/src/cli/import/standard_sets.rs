//! Standard permission sets from a file, into the platform's catalogue: a row for each set and sub-module.
//!
//! A row without actions is a heading, and skipped. A sub-module is meant by both its names, or by the second alone if
//! only one module has such; what the catalogue lacks is added to it with nothing on offer to custom sets (UM-13).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use bailiwick_policy::ids::{ModuleId, SetId};
use bailiwick_policy::limits::CODE_CHARS_MAX;
use bailiwick_policy::name::{Name, fold};
use bailiwick_policy::object::Platform;
use bailiwick_policy::permission::{Actions, ModuleGrant};
use bailiwick_policy::platform::{Module, StandardSet};

use super::table::{Column, Fault};
use crate::cli::exit::Trouble;
use crate::cli::words::Mapping;

/// The module of what stands under none.
const OTHER: &str = "Other";

const COLUMNS: &[Column] = &[
    Column { name: "set", needed: true },
    Column { name: "module", needed: true },
    Column { name: "submodule", needed: true },
    Column { name: "actions", needed: true },
];

/// A catalogue with the sets of a file in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Merged {
    /// The catalogue.
    pub platform: Platform,
    /// The sets of the file.
    pub sets: BTreeSet<SetId>,
    /// Rows that grant.
    pub rows: usize,
    /// Rows without actions.
    pub headings: usize,
}

/// Reads a file into a catalogue: sets of the same name are replaced, others stay.
pub fn merged(file: &Path, maps: &[Mapping], delimiter: Option<&str>, present: &Platform) -> Result<Merged, Trouble> {
    let table = super::table_of(file, COLUMNS, "permission sets", maps, delimiter)?;
    let mut all = Merged { platform: present.clone(), sets: BTreeSet::new(), rows: 0, headings: 0 };
    let mut faults: Vec<Fault> = Vec::new();
    // By the name as it is compared (AG-9): in whatever case a row has it, it is the same set.
    let mut sets: BTreeMap<Arc<str>, (u64, Name, BTreeMap<ModuleId, Actions>)> = BTreeMap::new();
    for record in &table.records {
        let cell = |column: &str| table.lossy(record, column);
        if cell("actions").is_empty() {
            all.headings += 1;
            continue;
        }
        let name = cell("set").parse::<Name>().map_err(|error| Fault::new(record.line, "set", error.to_string()));
        let module = module(present, &cell("module"), &cell("submodule")).map_err(|why| Fault::new(record.line, "submodule", why));
        let actions = cell("actions").parse::<Actions>().map_err(|why| Fault::new(record.line, "actions", why));
        match (name, module, actions) {
            (Ok(name), Ok(module), Ok(actions)) => {
                all.rows += 1;
                let (_, _, grants) = sets.entry(name.folded()).or_insert_with(|| (record.line, name, BTreeMap::new()));
                *grants.entry(module).or_default() |= actions;
            }
            (name, module, actions) => faults.extend([name.err(), module.err(), actions.err()].into_iter().flatten()),
        }
    }
    for (line, name, grants) in sets.into_values() {
        match id_of(&all.platform, &name) {
            Ok(id) => all.put(id, name, grants),
            Err(why) => faults.push(Fault::new(line, "set", why)),
        }
    }
    all.platform.sets.sort_by(|a, b| a.id.cmp(&b.id));
    all.platform.modules.sort_by(|a, b| a.id.cmp(&b.id));
    if faults.is_empty() {
        return Ok(all);
    }
    let told: Vec<String> = faults.iter().map(|fault| format!("{}:{fault}", file.display())).collect();
    Err(Trouble::Local(told.join("\n")))
}

impl Merged {
    fn put(&mut self, id: SetId, name: Name, grants: BTreeMap<ModuleId, Actions>) {
        let lacks = |id: &&ModuleId| self.platform.module(id.as_str()).is_none();
        let lacking: Vec<Module> = grants.keys().filter(lacks).map(|id| Module { id: id.clone(), offered: Actions::empty() }).collect();
        self.platform.modules.extend(lacking);
        let grants = grants.into_iter().map(|(module, actions)| ModuleGrant { module, actions }).collect();
        match self.platform.sets.iter_mut().find(|set| set.id == id) {
            Some(set) => set.grants = grants,
            None => self.platform.sets.push(StandardSet { id: id.clone(), name, description: "".into(), grants }),
        }
        self.sets.insert(id);
    }
}

/// The sub-module that two names mean, whether or not the catalogue has it.
fn module(platform: &Platform, module: &str, sub: &str) -> Result<ModuleId, String> {
    let (whole, last) = if sub.is_empty() { (format!("{OTHER}/{module}"), module) } else { (format!("{module}/{sub}"), sub) };
    let folded = (fold(&whole), fold(last));
    let by_both = platform.modules.iter().find(|known| fold(known.id.as_str()) == folded.0);
    let by_last = || {
        let mut like = platform.modules.iter().filter(|known| known.id.as_str().rsplit_once('/').is_some_and(|(_, sub)| fold(sub) == folded.1));
        like.next().filter(|_| like.next().is_none())
    };
    match by_both.or_else(by_last) {
        Some(known) => Ok(known.id.clone()),
        None => whole.parse().map_err(|error: bailiwick_policy::ids::BadId| error.to_string()),
    }
}

/// The id of the standard set with a name, or else one that is made from the name and free.
fn id_of(platform: &Platform, name: &Name) -> Result<SetId, String> {
    if let Some(set) = platform.sets.iter().find(|set| set.name.folded() == name.folded()) {
        return Ok(set.id.clone());
    }
    let code: String = fold(name.as_str()).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let mut base = code.split_whitespace().collect::<Vec<_>>().join("-");
    base.truncate(CODE_CHARS_MAX - 4);
    let free = |id: &String| platform.sets.iter().all(|set| set.id.as_str() != id);
    let ids = std::iter::once(base.clone()).chain((2..1_000).map(|n| format!("{base}-{n}")));
    let id = ids.into_iter().find(free).ok_or_else(|| format!("a thousand sets are called like `{name}`: rename it"))?;
    id.parse().map_err(|error: bailiwick_policy::ids::BadId| error.to_string())
}
