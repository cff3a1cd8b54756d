//! One stylesheet out of many: `style/main.css` names its parts with `@import`, in order.
//!
//! The result is `frontend/bundle.css` (git-ignored), which the browser bundle takes in. Comments and
//! blanks that mean nothing are left out of it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::setup;

/// Writes the stylesheet, where it is not as it should be already.
pub(crate) fn bundle(paths: &Paths) -> Result<()> {
    setup::place_fonts(paths)?;
    let parts = inline(&paths.root.join("style/main.css"), 0)?;
    let css = without_absent_fonts(&squeeze(&parts), &paths.root);
    let file = paths.root.join("frontend/bundle.css");
    if fs::read_to_string(&file).is_ok_and(|old| old == css) {
        return Ok(());
    }
    fs::write(&file, css).with_context(|| format!("{} cannot be written", file.display()))
}

/// Leaves out each `@font-face` whose file, `/assets/public/…`, is not in `public/`, so that no page
/// asks for a file that does not exist.
fn without_absent_fonts(css: &str, root: &Path) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("@font-face{") {
        let length = rest[start..].find('}').map_or(rest.len() - start, |end| end + 1);
        let (before, after) = rest.split_at(start);
        let (rule, after) = after.split_at(length);
        out.push_str(before);
        let file = rule.split(['"', '\'', '(', ')']).find_map(|it| it.strip_prefix("/assets/"));
        if file.is_none_or(|file| root.join(file).is_file()) {
            out.push_str(rule);
        }
        rest = after;
    }
    out + rest
}

/// The text of a stylesheet with every `@import` line replaced by the file that it names.
fn inline(file: &Path, depth: usize) -> Result<String> {
    if depth > 8 {
        bail!("{}: the @import lines go round in a circle", file.display());
    }
    let text =
        fs::read_to_string(file).with_context(|| format!("{} is missing", file.display()))?;
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        if !line.trim_start().starts_with("@import") {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let place = || format!("{}:{}", file.display(), number + 1);
        let (name, layer) = parse_import(line.trim()).with_context(|| {
            format!("{}: write it as `@import \"file.css\";` or with ` layer(name);`", place())
        })?;
        let part = file.parent().unwrap_or(Path::new("")).join(name);
        let part = inline(&part, depth + 1).with_context(place)?;
        match layer {
            Some(layer) => out.extend(["@layer ", layer, "{", &part, "}\n"]),
            None => out.push_str(&part),
        }
    }
    Ok(out)
}

/// The file and the layer of an `@import` line.
fn parse_import(line: &str) -> Option<(&str, Option<&str>)> {
    let rest = line.strip_prefix("@import")?.trim().strip_suffix(';')?.trim();
    let quote = rest.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let (name, rest) = rest[1..].split_once(quote)?;
    let rest = rest.trim();
    if rest.is_empty() {
        return Some((name, None));
    }
    Some((name, Some(rest.strip_prefix("layer(")?.strip_suffix(')')?)))
}

/// Leaves out comments, line ends, indents, blanks around `{ } ; ,` and after a `:`, and the last `;`
/// of a block. Strings, `url(…)` and every other blank stay: around `+`, `-`, `>` and before `:`, `(`
/// and `[` a blank can carry meaning.
fn squeeze(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut chars = css.chars().peekable();
    let mut blank = false;
    while let Some(c) = chars.next() {
        if c == '/' && chars.peek() == Some(&'*') {
            chars.next();
            let mut last = ' ';
            for c in chars.by_ref() {
                if last == '*' && c == '/' {
                    break;
                }
                last = c;
            }
            blank = true;
            continue;
        }
        if c.is_ascii_whitespace() {
            blank = true;
            continue;
        }
        let joined = ['{', '}', ';', ','];
        let last = out.chars().next_back();
        if blank
            && last.is_some_and(|last| !joined.contains(&last) && !ends_name(&out, last))
            && !joined.contains(&c)
        {
            out.push(' ');
        }
        blank = false;
        if c == '}' && last == Some(';') {
            out.pop();
        }
        out.push(c);
        if c == '"' || c == '\'' {
            quoted(c, &mut chars, &mut out);
        } else if c == '('
            && out.ends_with("url(")
            && chars.peek().is_some_and(|c| !['"', '\''].contains(c))
        {
            quoted(')', &mut chars, &mut out);
        }
    }
    out
}

/// Whether `last` is the colon after the name of a property: `a: b`, and not `a :hover` or `::before`.
/// In a declaration the blank after it never matters, and no selector has one there.
fn ends_name(out: &str, last: char) -> bool {
    last == ':' && !out.ends_with("::")
}

/// Copies up to and with the closing sign.
fn quoted(close: char, chars: &mut impl Iterator<Item = char>, out: &mut String) {
    while let Some(c) = chars.next() {
        out.push(c);
        if c == '\\' {
            out.extend(chars.next());
        } else if c == close {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(css: &str, expected: &str) {
        assert_eq!(squeeze(css), expected);
    }

    #[test]
    fn blanks_and_comments_go() {
        check("a {\n  color : red;\n  margin: 0 auto;\n}\n", "a{color :red;margin:0 auto}");
        check("/* one */ a, b { x: y } /* two */", "a,b{x:y}");
        check("@media (width > 40em) { a { b: c } }", "@media (width > 40em){a{b:c}}");
    }

    #[test]
    fn blanks_that_mean_something_stay() {
        check("a :hover{}", "a :hover{}");
        check("a > b + c ~ d{}", "a > b + c ~ d{}");
        check("a{w: calc(1px + (2px - 3px))}", "a{w:calc(1px + (2px - 3px))}");
        check("a{&:hover{} & b{} &.c{}}", "a{&:hover{}& b{}&.c{}}");
        check("a{f: 1/* x */2}", "a{f:1 2}");
        check("@container side (width < 1px){}", "@container side (width < 1px){}");
        check("a{--x: ;}", "a{--x:}");
    }

    #[test]
    fn strings_and_urls_stay_as_they_are() {
        check(r#"a::before{content: "/* ; } " ;}"#, r#"a::before{content:"/* ; } "}"#);
        check(r"a{content:'\'  ;'}", r"a{content:'\'  ;'}");
        check("a{b:url(data:x;y /*z*/)}", "a{b:url(data:x;y /*z*/)}");
    }

    #[test]
    fn fonts_that_are_absent_are_not_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("public/fonts")).unwrap();
        fs::write(dir.path().join("public/fonts/a.woff2"), "").unwrap();
        let rule =
            |name: &str| format!("@font-face{{src:url(\"/assets/public/fonts/{name}.woff2\")}}");
        let css = format!("@layer t{{{}{}}}p{{q:r}}", rule("a"), rule("b"));
        let expected = format!("@layer t{{{}}}p{{q:r}}", rule("a"));
        assert_eq!(without_absent_fonts(&css, dir.path()), expected);
    }

    #[test]
    fn imports_are_inlined_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        write("main.css", "@layer a, b;\n@import \"one.css\" layer(a);\n@import './two.css';\n");
        write("one.css", "x { y: z }\n");
        write("two.css", "p { q: r }\n");
        let css = squeeze(&inline(&dir.path().join("main.css"), 0).unwrap());
        assert_eq!(css, "@layer a,b;@layer a{x{y:z}}p{q:r}");
    }

    #[test]
    fn bad_imports_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let main = dir.path().join("main.css");
        for (text, expected) in [
            ("@import url(x.css);", "main.css:1"),
            ("@import \"gone.css\";", "gone.css is missing"),
            ("@import \"main.css\";", "in a circle"),
        ] {
            fs::write(&main, text).unwrap();
            let error = format!("{:#}", inline(&main, 0).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
