//! The site's own fonts: from npm into the cache, and from there into the git-ignored `public/fonts/`.
//!
//! Without them the site stands in the system's fonts: the stylesheet's bundle then leaves out the
//! `@font-face` rules whose file is absent.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::node::{self, Package};
use crate::paths::Paths;
use crate::progress::Steps;

const PACKAGES: [Package; 2] =
    [("@fontsource-variable/inter", "5.3.0"), ("@fontsource-variable/source-serif-4", "5.3.1")];

const INTER: &str = PACKAGES[0].0;
const SERIF: &str = PACKAGES[1].0;

/// Package, file in it, name that the stylesheet uses.
const FILES: [(&str, &str, &str); 7] = [
    (INTER, "files/inter-latin-wght-normal.woff2", "inter-latin.woff2"),
    (INTER, "files/inter-latin-ext-wght-normal.woff2", "inter-latin-ext.woff2"),
    (INTER, "LICENSE", "inter-LICENSE.txt"),
    (SERIF, "files/source-serif-4-latin-wght-normal.woff2", "source-serif-latin.woff2"),
    (SERIF, "files/source-serif-4-latin-ext-wght-normal.woff2", "source-serif-latin-ext.woff2"),
    (SERIF, "files/source-serif-4-latin-wght-italic.woff2", "source-serif-latin-italic.woff2"),
    (SERIF, "LICENSE", "source-serif-LICENSE.txt"),
];

/// Brings the fonts into the cache. The site goes on without them where that fails.
pub(super) fn ensure(paths: &Paths, steps: &mut Steps) {
    let step = steps.begin("fonts: Inter, Source Serif 4");
    let installed = node::is_installed(&paths.npm("fonts"), &PACKAGES);
    if installed && complete(&paths.fonts()) {
        step.found(&paths.fonts().display().to_string());
        return;
    }
    let brought = if installed {
        Ok(())
    } else {
        node::install(paths, "fonts", &PACKAGES, "about 5 seconds", step)
    };
    let brought = brought.and_then(|()| collect(&paths.npm("fonts"), &paths.fonts()));
    if let Err(error) = brought {
        println!("      going on with the system's fonts: {error:#}");
    }
}

/// Copies the fonts into `public/fonts/`, where the bundle takes them from.
pub(crate) fn place(paths: &Paths) -> Result<()> {
    if !complete(&paths.fonts()) {
        return Ok(());
    }
    let to = paths.root.join("public/fonts");
    fs::create_dir_all(&to).with_context(|| format!("{} cannot be made", to.display()))?;
    for (_, _, name) in FILES {
        let (source, target) = (paths.fonts().join(name), to.join(name));
        if size(&source) != size(&target) {
            fs::copy(&source, &target)
                .with_context(|| format!("{} cannot be written", target.display()))?;
        }
    }
    Ok(())
}

fn complete(fonts: &Path) -> bool {
    FILES.iter().all(|(_, _, name)| fonts.join(name).is_file())
}

fn size(file: &Path) -> Option<u64> {
    fs::metadata(file).ok().map(|meta| meta.len())
}

/// Takes the wanted files and the licences out of the npm packages.
fn collect(home: &Path, fonts: &Path) -> Result<()> {
    fs::create_dir_all(fonts).with_context(|| format!("{} cannot be made", fonts.display()))?;
    for (package, file, name) in FILES {
        fs::copy(home.join("node_modules").join(package).join(file), fonts.join(name))
            .with_context(|| format!("{package} has no {file}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_and_licences_are_collected() {
        let dir = tempfile::tempdir().unwrap();
        let (home, fonts) = (dir.path().join("npm"), dir.path().join("fonts"));
        for (package, file, _) in FILES {
            let file = home.join("node_modules").join(package).join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, package).unwrap();
        }
        assert!(!complete(&fonts));
        collect(&home, &fonts).unwrap();
        assert!(complete(&fonts));
        assert_eq!(fs::read_to_string(fonts.join("source-serif-LICENSE.txt")).unwrap(), SERIF);
    }

    #[test]
    fn missing_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = collect(&dir.path().join("npm"), &dir.path().join("fonts")).unwrap_err();
        assert!(error.to_string().contains("has no files/inter-latin-wght-normal.woff2"));
    }
}
