//! What the year is of: sizes and a list of stores, as they are given on the command line.

use std::path::Path;

use crate::year::retailer::Size;

/// Reads `stores,tills,users,applications,bundles`.
pub fn size(text: &str) -> Result<Size, String> {
    let wrong = || format!("`{text}` is no size: it is five numbers, STORES,TILLS,USERS,APPLICATIONS,BUNDLES");
    let numbers: Vec<usize> = text.split(',').map(|part| part.trim().parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    match numbers.as_slice() {
        [stores, tills, users, applications, bundles] if *stores > 0 => {
            Ok(Size { stores: *stores, tills: *tills, users: *users, applications: *applications, bundles: *bundles })
        }
        _other => Err(wrong()),
    }
}

/// Reads `code=COLUMN` or `name=COLUMN`.
pub fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((ours @ ("code" | "name"), theirs)) if !theirs.is_empty() => Ok((ours.to_owned(), theirs.to_owned())),
        Some(_) | None => Err(format!("`{text}` is no mapping: it is code=COLUMN or name=COLUMN")),
    }
}

/// Codes and names of a list of stores, a CSV file with a line of headings.
pub fn listed(file: &Path, maps: &[(String, String)]) -> Result<Vec<(String, String)>, String> {
    let failed = |why: csv::Error| format!("{}: {why}", file.display());
    let mut reader = csv::Reader::from_path(file).map_err(failed)?;
    let headings = reader.headers().map_err(failed)?.clone();
    let column = |ours: &str| {
        let theirs = maps.iter().find(|(name, _)| name == ours).map_or(ours, |(_, theirs)| theirs);
        let place = headings.iter().position(|heading| heading == theirs);
        place.ok_or_else(|| format!("{}: there is no column `{theirs}`: name it with --map {ours}=COLUMN", file.display()))
    };
    let (code, name) = (column("code")?, column("name")?);
    let mut all = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        if let (Some(code), Some(name)) = (record.get(code), record.get(name)) {
            all.push((code.to_owned(), name.to_owned()));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_mappings_are_read_or_told() {
        assert_eq!(size("5,20,3,2,4"), Ok(Size { stores: 5, tills: 20, users: 3, applications: 2, bundles: 4 }));
        for wrong in ["", "5,20", "0,1,1,1,1", "a,b,c,d,e", "1,2,3,4,5,6"] {
            assert!(size(wrong).is_err_and(|why| why.contains("five numbers")), "{wrong}");
        }
        assert_eq!(mapping("code=store_id"), Ok(("code".to_owned(), "store_id".to_owned())));
        assert!(mapping("zone=z").is_err() && mapping("code=").is_err());
    }

    #[test]
    fn a_list_is_read_by_its_headings() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("stores.csv");
        std::fs::write(&file, "store_id,address\n1158,\"2473 Hackworth Rd, Adamsville\"\n").expect("written");
        let maps = [mapping("code=store_id").expect("good"), mapping("name=address").expect("good")];
        assert_eq!(listed(&file, &maps), Ok(vec![("1158".to_owned(), "2473 Hackworth Rd, Adamsville".to_owned())]));
        assert!(listed(&file, &[]).is_err_and(|why| why.contains("--map code=COLUMN")));
    }
}
