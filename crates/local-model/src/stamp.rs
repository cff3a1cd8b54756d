//! Whether a file is what is pinned: by hashing it once, then by a stamp beside it that remembers the outcome.
//!
//! A stamp holds the hash, the length and the time of last change at that moment. While length and time are the same,
//! the file is taken as verified, so that a start does not read a gigabyte.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use sha2::{Digest as _, Sha256};

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// Where the stamp of a file is.
pub(crate) fn stamp_path(file: &Path) -> PathBuf {
    beside(file, "verified")
}

/// `folder/name.suffix` beside `folder/name`.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// The sha256 of a file, in hexadecimal.
pub(crate) fn hash(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut block = vec![0; BLOCK];
    let mut hasher = Sha256::new();
    loop {
        match io::Read::read(&mut file, &mut block)? {
            0 => break,
            read => hasher.update(&block[..read]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Remembers that the file has this hash now.
pub(crate) fn write(file: &Path, sha256: &str) -> io::Result<()> {
    fs::write(stamp_path(file), line(file, sha256)?)
}

/// The file was verified with this hash and has not changed since.
pub(crate) fn holds(file: &Path, sha256: &str) -> bool {
    match (fs::read_to_string(stamp_path(file)), line(file, sha256)) {
        (Ok(found), Ok(expected)) => found == expected,
        _ => false,
    }
}

fn line(file: &Path, sha256: &str) -> io::Result<String> {
    let facts = fs::metadata(file)?;
    let changed = facts.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    Ok(format!("{sha256} {} {}\n", facts.len(), changed.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_until_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weights");
        fs::write(&file, b"abc").unwrap();
        let sha256 = hash(&file).unwrap();
        assert_eq!(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(!holds(&file, &sha256));
        write(&file, &sha256).unwrap();
        assert!(holds(&file, &sha256));
        assert!(!holds(&file, "another hash"));
        fs::write(&file, b"abcd").unwrap();
        assert!(!holds(&file, &sha256));
    }
}
