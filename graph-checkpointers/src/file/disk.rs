//! Files that are whole or not there, and what a failure of the disk means.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use graph_runtime::StoreError;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The first line of each file: what the rest must be.
#[derive(Serialize, Deserialize)]
struct Seal {
    bytes: usize,
    xxh3: String,
}

impl Seal {
    fn of(body: &[u8]) -> Self {
        Self {
            bytes: body.len(),
            xxh3: format!("{:016x}", xxh3_64(body)),
        }
    }
}

/// Writes a file, and has it on the disk before it returns. It may be there in part if that fails.
pub(super) fn write(path: &Path, body: &[u8]) -> Result<(), StoreError> {
    let seal = line(&Seal::of(body)).map_err(|error| failed(path, &error))?;
    write_bytes(path, &[&seal, body])
}

/// Writes a file that has no such first line.
pub(super) fn write_bytes(path: &Path, parts: &[&[u8]]) -> Result<(), StoreError> {
    let written = || {
        let mut file = File::create(path)?;
        for part in parts {
            file.write_all(part)?;
        }
        file.sync_all()
    };
    written().map_err(|error| failed(path, &error))
}

/// Replaces a file: the old one is there, or the new one whole. `Unknown` where it isn't known which of
/// them a power cut would leave.
pub(super) fn replace(path: &Path, body: &[u8]) -> Result<(), StoreError> {
    let beside = beside(path);
    write(&beside, body)?;
    put(&beside, path)
}

/// Where a file is written that is to replace another.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push("~");
    beside.into()
}

/// Puts a whole file in the place of another.
pub(super) fn put(beside: &Path, path: &Path) -> Result<(), StoreError> {
    fs::rename(beside, path).map_err(|error| failed(path, &error))?;
    sync_parent(path).map_err(|error| StoreError::Unknown(error.into()))
}

/// Reads a file; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(mut body) = read_bytes(path)? else {
        return Ok(None);
    };
    let end = body.iter().position(|&byte| byte == b'\n');
    let end = end.ok_or_else(|| damaged(path, "its first line has no end"))?;
    let seal: Seal = parse(path, &body[..end])?;
    body.drain(..=end);
    if body.len() != seal.bytes {
        return Err(damaged(path, "it isn't as long as its first line says"));
    }
    if Seal::of(&body).xxh3 != seal.xxh3 {
        return Err(damaged(path, "it isn't what its first line says"));
    }
    Ok(Some(body))
}

/// Reads a file that has no first line of ours; `None` where there is none.
pub(super) fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, &error)),
    }
}

/// A value as a line of JSON.
pub(super) fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Reads a value that a file holds.
pub(super) fn parse<'a, T: Deserialize<'a>>(path: &Path, text: &'a [u8]) -> Result<T, StoreError> {
    serde_json::from_slice(text).map_err(|error| damaged(path, error))
}

/// Makes a directory, and those above it that are missing, so that they outlast a power cut.
pub(super) fn make(directory: &Path) -> Result<(), StoreError> {
    match fs::create_dir(directory) {
        Ok(()) => sync_parent(directory).map_err(|error| failed(directory, &error)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && directory.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => match directory.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => {
                make(parent)?;
                make(directory)
            }
            _ => Err(failed(directory, &error)),
        },
        Err(error) => Err(failed(directory, &error)),
    }
}

/// The names in a directory; none where it isn't there.
pub(super) fn names(directory: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(directory, &error)),
    };
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()
        .map_err(|error| failed(directory, &error))
}

/// Removes a file; one that isn't there is fine.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(path, &error)),
        _ => Ok(()),
    }
}

/// Removes a directory with all that is in it; one that isn't there is fine.
pub(super) fn remove_all(directory: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(directory, &error)),
        _ => Ok(()),
    }
}

/// Has the names in a directory on the disk.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    // Elsewhere a directory can't be opened as a file, and its names are kept with the files.
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

/// Has the name of something on the disk.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => sync(Path::new(".")),
    }
}

/// The words for what the disk refuses: nothing was changed.
pub(super) fn failed(path: &Path, error: &io::Error) -> StoreError {
    let path = path.display();
    StoreError::unavailable(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("the disk that holds {path} is full; make room and try again")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("{path} must be readable and writable for this process: {error}")
        }
        _ => format!("{path}: {error}"),
    })
}

/// The words for a file that isn't as it was written.
pub(super) fn damaged(path: &Path, why: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{}: {why}", path.display()))
}
