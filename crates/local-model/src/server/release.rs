//! llama.cpp's own release: nothing needs to be built where it has a program that runs on this machine.
//!
//! The archive's size and hash are pinned, like those of weights. It is unpacked whole, since the program finds its
//! libraries beside it, and is kept only if it starts.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::process::Command;

use crate::{
    FileSpec, Progress, Source, Sources,
    cache::{Report, lock},
    fetch::Job,
    tools::Tools,
};

/// The release.
pub(crate) const RELEASE: &str = "b11120";
/// How long the program may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(30);

/// The archive for this machine, if the release has one.
pub(crate) fn archive() -> Option<FileSpec> {
    let (machine, size, sha256) = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let sha256 = "cae70da61dc74e3012418f7a4b6750eadc6fd0a8fb03270022d471b675e5b4cd";
        ("ubuntu-x64", 16_997_245, sha256)
    } else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
        let sha256 = "32a3b84113d3439dfde3ba8488b644ff18e5a2847a8556f18e5e7ee65acf30dc";
        ("ubuntu-arm64", 13_588_955, sha256)
    } else {
        return None;
    };
    let name = format!("llama-{RELEASE}-bin-{machine}.tar.gz");
    let hub = format!("https://github.com/ggml-org/llama.cpp/releases/download/{RELEASE}/{name}");
    let sources = vec![Source::Hub { hub }];
    Some(FileSpec { name, size, sha256: sha256.to_owned(), sources })
}

/// The program of the release, if it was brought here.
pub(crate) fn brought(folder: &Path) -> Option<PathBuf> {
    program(&folder.join(RELEASE))
}

/// Fetches the archive, unpacks it, and keeps it if its program starts. The error is a phrase for people.
pub(crate) async fn bring(
    folder: &Path,
    file: &FileSpec,
    tools: &Tools,
    report: Report<'_>,
) -> Result<PathBuf, String> {
    let told = |it: io::Error| it.to_string();
    let site = folder.join(format!("{RELEASE}.fetching"));
    fs::create_dir_all(&site).map_err(told)?;
    let _lock = lock(&folder.join("release.lock"), report).await.map_err(told)?;
    if let Some(path) = brought(folder) {
        return Ok(path);
    }
    let job = Job { folder: &site, tools, report };
    job.bring(file, Sources::All).await.map_err(|it| it.to_string())?;
    report(Progress::Step("unpacking llama-server".to_owned()));
    let (archive, unpacked) = (site.join(&file.name), site.join("unpacked"));
    let into = unpacked.clone();
    let done = tokio::task::spawn_blocking(move || unpack(&archive, &into)).await;
    done.map_err(io::Error::other).flatten().map_err(told)?;
    let started = match program(&unpacked) {
        None => Err("there is no llama-server in it".to_owned()),
        Some(path) => starts(&path).await,
    };
    if let Err(why) = started {
        // Nothing of it is of use here, and it would be tried again.
        fs::remove_dir_all(&site).map_err(told)?;
        return Err(why);
    }
    fs::rename(&unpacked, folder.join(RELEASE)).map_err(told)?;
    fs::remove_dir_all(&site).map_err(told)?;
    brought(folder).ok_or_else(|| "it is gone".to_owned())
}

fn unpack(archive: &Path, into: &Path) -> io::Result<()> {
    let _absent = fs::remove_dir_all(into);
    // The archive refuses paths that lead out of the folder.
    tar::Archive::new(flate2::read::GzDecoder::new(File::open(archive)?)).unpack(into)
}

/// Where llama-server lies in a folder.
fn program(folder: &Path) -> Option<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).ok()?.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && entry.file_name() == "llama-server" => {
                    return Some(path);
                }
                _ => {}
            }
        }
    }
    None
}

/// Whether a program starts here: the system's libraries may be too old for it.
async fn starts(program: &Path) -> Result<(), String> {
    let mut command = Command::new(program);
    command.arg("--version").kill_on_drop(true);
    match tokio::time::timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("it does not start here: {}", said.lines().last().unwrap_or("no reason")))
        }
        Ok(Err(error)) => Err(format!("it does not start here: {error}")),
        Err(_) => Err("it does not start here in time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Reply, file_spec, http};

    /// An archive with a program that does this.
    fn packed(name: &str, script: &str) -> Vec<u8> {
        let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut tar = tar::Builder::new(gz);
        let mut header = tar::Header::new_gnu();
        header.set_size(script.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, format!("llama/bin/{name}"), script.as_bytes()).unwrap();
        tar.into_inner().unwrap().finish().unwrap()
    }

    async fn brought_from(folder: &Path, bytes: &[u8], served: &[u8]) -> Result<PathBuf, String> {
        let reply = Reply::Serve { bytes: served.to_vec(), cut: served.len() };
        let (hub, _) = http(vec![reply]).await;
        let file = file_spec("llama.tar.gz", bytes, vec![Source::Hub { hub }]);
        bring(folder, &file, &Tools::new(None), &|_| {}).await
    }

    #[tokio::test]
    async fn a_program_that_starts_is_kept_and_found_again() {
        let root = tempfile::tempdir().unwrap();
        let bytes = packed("llama-server", "#!/bin/sh\nexit 0\n");
        let path = brought_from(root.path(), &bytes, &bytes).await.unwrap();
        assert!(path.ends_with("b11120/llama/bin/llama-server"), "{}", path.display());
        assert_eq!(brought(root.path()), Some(path));
        assert!(!root.path().join("b11120.fetching").exists());
    }

    #[tokio::test]
    async fn what_does_not_start_or_is_not_what_was_pinned_is_not_kept() {
        let good = packed("llama-server", "#!/bin/sh\nexit 0\n");
        let broken = packed("llama-server", "#!/bin/sh\necho too old >&2\nexit 1\n");
        let other = packed("llama-cli", "#!/bin/sh\nexit 0\n");
        for (pinned, served, why) in [
            (&broken, &broken, "too old"),
            (&other, &other, "no llama-server"),
            (&good, &broken, "llama.tar.gz"),
        ] {
            let root = tempfile::tempdir().unwrap();
            let error = brought_from(root.path(), pinned, served).await.unwrap_err();
            assert!(error.contains(why), "{error}");
            assert_eq!(brought(root.path()), None);
        }
    }

    #[test]
    fn the_archive_is_pinned() {
        let Some(file) = archive() else { return };
        assert!(file.size > 0 && file.sha256.len() == 64);
        assert!(file.sources[0].to_string().starts_with("https://"));
    }
}
