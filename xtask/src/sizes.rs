//! What the browser downloads, and how much of it is allowed.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::inputs;
use crate::paths::Paths;
use crate::process;

/// wasm and JavaScript together, compressed with brotli.
const CODE_BUDGET: u64 = 300_000;
/// The stylesheet, compressed with brotli as it is sent.
const STYLE_BUDGET: u64 = 20_000;

/// Measures with node's own gzip and brotli, which are quick even where we are not optimised.
const SCRIPT: &str = include_str!("measure.mjs");

/// The sizes of one file in bytes.
struct Sizes {
    name: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// The sizes of a bundle's files.
struct Measured {
    code: Vec<Sizes>,
    style: Vec<Sizes>,
}

/// Prints the sizes of the bundle in `dist/`.
pub(crate) fn print(paths: &Paths) -> Result<()> {
    show(&measure(&paths.dist())?);
    Ok(())
}

/// Prints the sizes, and fails where the bundle is over the budget.
pub(crate) fn check(paths: &Paths) -> Result<()> {
    let measured = measure(&paths.dist())?;
    show(&measured);
    println!("{}", judge(&measured)?);
    Ok(())
}

fn show(measured: &Measured) {
    println!("{:<40} {:>10} {:>10} {:>10}", "browser bundle, bytes", "raw", "gzip", "brotli");
    for sizes in measured.code.iter().chain(&measured.style) {
        println!("{:<40} {:>10} {:>10} {:>10}", sizes.name, sizes.raw, sizes.gzip, sizes.brotli);
    }
}

fn judge(measured: &Measured) -> Result<String> {
    if measured.code.len() < 2 || measured.style.is_empty() {
        bail!("dist/ holds no whole bundle: run `cargo xtask wasm --release`");
    }
    let code: u64 = measured.code.iter().map(|sizes| sizes.brotli).sum();
    let style: u64 = measured.style.iter().map(|sizes| sizes.brotli).sum();
    if code > CODE_BUDGET {
        bail!("wasm and js are {code} bytes with brotli; the budget is {CODE_BUDGET}");
    }
    if style > STYLE_BUDGET {
        bail!("the stylesheet is {style} bytes with brotli; the budget is {STYLE_BUDGET}");
    }
    Ok(format!(
        "wasm and js: {code} of {CODE_BUDGET} bytes; css: {style} of {STYLE_BUDGET} (brotli both)"
    ))
}

fn measure(dist: &Path) -> Result<Measured> {
    let files = inputs::files(&[dist.to_owned()].into())?;
    let of_kinds = |kinds: &[&str]| -> Result<Vec<Sizes>> {
        let mut node = process::command("node");
        node.args(["--input-type=module", "--eval", SCRIPT, "--"]);
        node.args(files.iter().filter(|file| {
            file.extension().is_some_and(|kind| kinds.iter().any(|wanted| kind == *wanted))
        }));
        let printed = process::capture(&mut node, "measuring (Node.js 20 or newer is needed)")?;
        printed.lines().map(parse).collect()
    };
    Ok(Measured { code: of_kinds(&["wasm", "js"])?, style: of_kinds(&["css"])? })
}

fn parse(line: &str) -> Result<Sizes> {
    let value: Value =
        serde_json::from_str(line).context("the measuring script printed no JSON")?;
    let number = |key: &str| value[key].as_u64().with_context(|| format!("no {key} in {line}"));
    let path = value["file"].as_str().unwrap_or_default();
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Sizes { name, raw: number("raw")?, gzip: number("gzip")?, brotli: number("brotli")? })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn sized(code: u64, style: u64) -> Measured {
        let sizes = |raw, brotli| Sizes { name: String::new(), raw, gzip: brotli, brotli };
        Measured { code: vec![sizes(0, code), sizes(0, 0)], style: vec![sizes(0, style)] }
    }

    #[test]
    fn budget_is_kept() {
        assert!(judge(&sized(CODE_BUDGET, STYLE_BUDGET)).is_ok());
        let error = judge(&sized(CODE_BUDGET + 1, 1)).unwrap_err();
        assert!(error.to_string().contains("the budget is 300000"));
        assert!(judge(&sized(1, STYLE_BUDGET + 1)).is_err());
        assert!(judge(&Measured { code: Vec::new(), style: Vec::new() }).is_err());
    }

    #[test]
    fn files_are_measured_by_kind() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.css"), "a{b:c}".repeat(500)).unwrap();
        fs::write(dir.path().join("a.js"), "let a;").unwrap();
        fs::write(dir.path().join("b.woff2"), "font").unwrap();
        let measured = measure(dir.path()).unwrap();
        assert_eq!((measured.code.len(), measured.style.len()), (1, 1));
        let css = &measured.style[0];
        assert_eq!((css.name.as_str(), css.raw), ("a.css", 3000));
        assert!(css.brotli < css.gzip && css.gzip < css.raw);
    }
}
