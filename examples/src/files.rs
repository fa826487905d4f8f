//! The files below a directory.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// All files below a directory, in order; without what is hidden, built or linked.
///
/// # Errors
/// If the directory can't be listed. One further down that can't be is left out.
pub fn below(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<_> = fs::read_dir(directory)?.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if kind.is_file() && !is_hidden(&name) {
            files.push(entry.path());
        } else if kind.is_dir() && !is_hidden(&name) && name != "target" {
            files.extend(below(&entry.path()).unwrap_or_default());
        }
    }
    Ok(files)
}

/// A directory that was named on the command line.
///
/// # Errors
/// In words for whoever named it, if it can't be used.
pub fn named(given: &str) -> Result<PathBuf, String> {
    let path = Path::new(given)
        .canonicalize()
        .map_err(|error| error.to_string())?;
    path.read_dir().map_err(|error| error.to_string())?;
    path.to_str().ok_or("the path to it isn't UTF-8")?;
    Ok(path)
}

fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_order_and_hidden_ones_dont() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("b/deep")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        for file in ["c.txt", "a.txt", "b/deep/d.txt", ".secret", ".git/head"] {
            fs::write(root.join(file), "text").unwrap();
        }
        let found = below(root).unwrap();
        let expected = ["a.txt", "b/deep/d.txt", "c.txt"].map(|file| root.join(file));
        assert_eq!(found, expected);
        assert!(below(&root.join("nowhere")).is_err());
    }
}
