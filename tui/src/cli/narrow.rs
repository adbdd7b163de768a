//! Narrowed cells (AG-6): `--only` and `--except` beside the `--grant` of the same cell, or, in an edit, beside the
//! cell as it is.

use bailiwick_policy::access::{Class, Grant, Narrow};
use bailiwick_policy::ids::{EndpointId, ResourceId};

use super::args::Narrowings;
use super::exit::Trouble;
use super::words::CellOf;

/// The cells of a command: those that are granted, with their narrowings. `present` are the cells of the group that
/// is edited; a new one has none.
pub fn cells(grants: &[Grant], narrowings: &Narrowings, present: Option<&[Grant]>) -> Result<Vec<Grant>, Trouble> {
    let mut cells = grants.to_vec();
    for (flag, wanted) in all(narrowings)? {
        let is = |grant: &&Grant| grant.resource == wanted.0 && grant.class == wanted.1;
        let shown = format!("{} ({})", wanted.0, wanted.1);
        if !cells.iter().any(|grant| is(&grant)) {
            let Some(held) = present.unwrap_or_default().iter().find(is) else {
                return Err(Trouble::Usage(format!("{flag}: no cell {shown} is granted: give it by --grant, for instance --grant '{}:{}=R'", wanted.0, wanted.1)));
            };
            cells.push(Grant::whole(held.resource.clone(), held.class, held.levels));
        }
        if let Some(cell) = cells.iter_mut().find(|grant| is(&&**grant)) {
            if cell.levels.is_empty() {
                return Err(Trouble::Usage(format!("{flag}: cell {shown} is taken away by --grant: it can't be narrowed too")));
            }
            cell.narrow = Some(wanted.2);
        }
    }
    Ok(cells)
}

/// Cells that are to be widened; one that is narrowed by the same words is a contradiction.
pub fn widened(narrowings: &Narrowings, widen: &[CellOf]) -> Result<Vec<(ResourceId, Class)>, Trouble> {
    for CellOf(resource, class) in widen {
        if narrowings.only.iter().chain(&narrowings.except).any(|n| n.resource == *resource && n.class == *class) {
            return Err(Trouble::Usage(format!("cell {resource} ({class}): it is widened and narrowed at once")));
        }
    }
    Ok(widen.iter().map(|CellOf(resource, class)| (resource.clone(), *class)).collect())
}

type Wanted = (ResourceId, Class, Narrow);

/// One narrowing for each cell: a flag that comes again for a cell adds to it.
fn all(narrowings: &Narrowings) -> Result<Vec<(&'static str, Wanted)>, Trouble> {
    let mut found: Vec<(&'static str, ResourceId, Class, Vec<EndpointId>)> = Vec::new();
    let flagged = narrowings.only.iter().map(|n| ("--only", n)).chain(narrowings.except.iter().map(|n| ("--except", n)));
    for (flag, narrowing) in flagged {
        match found.iter_mut().find(|(_, resource, class, _)| *resource == narrowing.resource && *class == narrowing.class) {
            None => found.push((flag, narrowing.resource.clone(), narrowing.class, narrowing.endpoints.clone())),
            Some((same, _, _, endpoints)) if *same == flag => endpoints.extend(narrowing.endpoints.iter().cloned()),
            Some((_, resource, class, _)) => {
                return Err(Trouble::Usage(format!("cell {resource} ({class}): it has --only or --except, never both")));
            }
        }
    }
    let narrow = |flag: &str, endpoints: Vec<EndpointId>| match flag {
        "--only" => Narrow::Only(endpoints),
        _except => Narrow::Except(endpoints),
    };
    Ok(found.into_iter().map(|(flag, resource, class, endpoints)| (flag, (resource, class, narrow(flag, endpoints).in_order()))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::words::{parse_cell, parse_grant, parse_narrowing};

    fn given(only: &[&str], except: &[&str]) -> Narrowings {
        let parsed = |texts: &[&str]| texts.iter().map(|text| parse_narrowing(text).expect("right words")).collect();
        Narrowings { only: parsed(only), except: parsed(except) }
    }

    fn grant(text: &str) -> Grant {
        parse_grant(text).expect("right words")
    }

    #[test]
    fn ag_6_a_narrowing_stands_beside_its_grant_or_the_cell_as_it_is() {
        let only = given(&["Points=GET /v1/b", "Points:data=GET v1/a/"], &[]);
        let made = cells(&[grant("Points=R")], &only, None).expect("right words");
        assert_eq!(made.iter().map(|g| g.narrow.as_ref().map(ToString::to_string)).collect::<Vec<_>>(), [Some("only GET /v1/a, GET /v1/b".to_owned())]);
        assert!(cells(&[grant("Store=R")], &only, None).is_err());
        let held = [grant("Points=RW")];
        let edited = cells(&[], &only, Some(&held)).expect("right words");
        assert_eq!(edited.first().map(|g| g.levels), held.first().map(|g| g.levels));
    }

    #[test]
    fn ag_6_a_cell_has_only_or_except_never_both() {
        let both = given(&["Points=GET /v1/a"], &["Points=GET /v1/b"]);
        let told = cells(&[grant("Points=R")], &both, None).err().map(|trouble| trouble.to_string());
        assert_eq!(told.as_deref(), Some("cell Points (Data): it has --only or --except, never both"));
        let contradicted = widened(&given(&["Points=GET /v1/a"], &[]), &[parse_cell("Points").expect("a cell")]);
        assert!(contradicted.is_err());
    }
}
