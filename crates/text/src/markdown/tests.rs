use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use proptest::{prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};
use regex::Regex;

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(markdown(text).trim_end(), expected, "{text:?}");
}

/// A link as it is shown.
fn link(to: &str, text: &str) -> String {
    format!(r#"<a href="{to}" class="out" rel="nofollow noopener noreferrer ugc">{text}</a>"#)
}

/// Every tag that may be shown, to the letter.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"</?(?:p|em|strong|code|pre|ul|ol|li|blockquote|h[456]|table|thead|tbody|tr|th|td)>"#,
        r#"|<[bh]r>|</a>|<ol start="[0-9]+">"#,
        r#"|<a href="(?:https?://|mailto:|tel:)[^"<>\s]*" class="out" rel="nofollow noopener noreferrer ugc">"#,
    ))
    .unwrap()
});

/// Nothing but the allowed tags is in it, and nothing that turns the direction of writing.
#[track_caller]
fn check_safe(text: &str) -> String {
    let html = markdown(text);
    let rest = TAG.replace_all(&html, "");
    assert!(!rest.contains(['<', '>']), "{text:?} became {html}");
    let hidden = |it: char| matches!(it, '\0' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{1b}');
    assert!(!html.contains(hidden), "{text:?} became {html:?}");
    html
}

#[test]
fn what_people_and_models_write_is_shown() {
    check("One\nTwo\n\nThree", "<p>One<br>\nTwo</p>\n<p>Three</p>");
    check("*a* **b** `c<d`", "<p><em>a</em> <strong>b</strong> <code>c&lt;d</code></p>");
    check("# A\n## B\n### C\n###### D", "<h4>A</h4>\n<h5>B</h5>\n<h6>C</h6>\n<h6>D</h6>");
    check("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>");
    check("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>");
    check("> a", "<blockquote>\n<p>a</p>\n</blockquote>");
    check("```rust\nlet a = \"&\";\n\nb\n```", "<pre><code>let a = \"&amp;\";\n\nb\n</code></pre>");
    check("a\n\n---", "<p>a</p>\n<hr>");
    check(
        "|a|b|\n|:-|-:|\n|1|2|",
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>\n<tr><td>1</td><td>2</td></tr>\n</tbody></table>",
    );
    check("~~a~~ b[^1]", "<p>~~a~~ b[^1]</p>");
    check("5 < 6 & 7 > 2 &copy;", "<p>5 &lt; 6 &amp; 7 &gt; 2 ©</p>");
    check("", "");
}

#[test]
fn links_lead_out_and_say_so() {
    check(
        "[a](https://e.org/b?c=1&d=2)",
        &format!("<p>{}</p>", link("https://e.org/b?c=1&amp;d=2", "a")),
    );
    check("[a](HTTP://E.org 'title')", &format!("<p>{}</p>", link("http://e.org/", "a")));
    check("[*a*][b]\n\n[b]: tel:988", &format!("<p>{}</p>", link("tel:988", "<em>a</em>")));
    check("<https://e.org/>", &format!("<p>{}</p>", link("https://e.org/", "https://e.org/")));
    check("<a@e.org>", &format!("<p>{}</p>", link("mailto:a@e.org", "a@e.org")));
    // A name that looks like another is written as it is resolved.
    check(
        "[a](https://еxample.org)",
        &format!("<p>{}</p>", link("https://xn--xample-2of.org/", "a")),
    );
    for elsewhere in
        ["/scenarios", "scenarios", "#top", "//e.org", "?a=b", "ftp://e.org", "", "a b"]
    {
        check(&format!("[a](<{elsewhere}>)"), "<p>a</p>");
    }
    check(&format!("[a](https://e.org/{})", "b".repeat(MAX_ADDRESS)), "<p>a</p>");
}

#[test]
fn no_spelling_hides_a_script_in_a_link() {
    for to in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript&#58;alert(1)",
        "javascript&colon;alert(1)",
        "&#106;avascript:alert(1)",
        "&#x6A;avascript:alert(1)",
        "java&Tab;script:alert(1)",
        "java&#10;script:alert(1)",
        "java&NewLine;script:alert(1)",
        "&#1;javascript:alert(1)",
        "java\\script:alert(1)",
        "javascript\\:alert(1)",
        "java\u{202e}script:alert(1)",
        "java&#x202e;script:alert(1)",
        "java\0script:alert(1)",
        "\u{1}javascript:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "javascript://e.org/%0aalert(1)",
        "vbscript:a",
        "file:///etc",
        "data:text/html,<script>alert(1)</script>",
        "DATA:text/html;base64,PHNjcmlwdD4=",
        "d&#97;ta:text/html,a",
        "view-source:https://e.org",
        "blob:https://e.org/1",
        "jar:https://e.org",
        "about:blank",
        "\u{feff}javascript:a",
    ] {
        for text in [
            format!("[x]({to})"),
            format!("[x](<{to}>)"),
            format!("<{to}>"),
            format!("[x]\n\n[x]: {to}"),
            format!("[x]\n\n[x]: <{to}>"),
            format!("![x]({to})"),
            format!("[**x**]({to} \"t\")"),
            format!("[![x]({to})]({to})"),
        ] {
            assert!(!check_safe(&text).contains("<a "), "{text:?}");
        }
    }
    // A line break ends the address, and what is left is text.
    assert!(!check_safe("[x](java\nscript:alert(1))").contains("<a "));
}

#[test]
fn html_is_shown_as_text() {
    check("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>");
    check("<think>\nhm\n</think>", "<p>&lt;think&gt;<br>\nhm<br>\n&lt;/think&gt;</p>");
    for text in [
        "<script>alert(1)</script>",
        "a <ScRiPt >alert(1)</sCrIpT>",
        "<script\n>alert(1)</script>",
        "<svg/onload=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "a <img src=x onerror=alert(1)>",
        "<IMG SRC=\"jav&#x09;ascript:a\">",
        "<!-- a --> b",
        "<!--><script>a</script>-->",
        "a <!-- -- --> b",
        "<![CDATA[<script>a</script>]]>",
        "<?php a ?>",
        "<p style=\"position:fixed\">a</p>",
        "a <span style=a class=b id=c>d</span>",
        "</textarea><script>a</script>",
        "</div></main><h1>a</h1>",
        "<style>*{display:none}</style>",
        "<iframe src=https://e.org>",
        "<base href=//e.org>",
        "<form action=//e.org><input>",
        "<math><mtext></p><style><!--</style><img src onerror=a>",
        "<a href=javascript:a>b</a>",
        "<noscript><p title=\"</noscript><img src=x onerror=a>\">",
        "<template><script>a</script></template>",
        "<x:script>a",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "`<script>`",
        "```\n</code></pre><script>a</script>\n```",
        "<scr<script>ipt>",
        "```\"><script>a</script>\na\n```",
        "# <script>a</script> {#id .class onclick=a}",
        "|<script>|\n|-|\n|<img onerror=a>|",
        "[<script>](https://e.org/\"onmouseover=alert(1)//)",
        "[a](https://e.org/'%22><script> \"b\" onclick=c)",
        "[a](mailto:b@c.org?\"><script>)",
        "[a](tel:<script>)",
        "![<script>](https://e.org)",
        "<<script>script>",
        "<https://e.org/\"onclick=a>",
        "<plaintext>a",
        "<!DOCTYPE html>",
        "<body onload=a>",
    ] {
        check_safe(text);
    }
}

#[test]
fn images_become_their_description() {
    check("![a *b*](https://e.org/c.png \"d\")", "<p>a <em>b</em></p>");
    check("a ![](https://e.org/c.png) b", "<p>a  b</p>");
    check("![a][b]\n\n[b]: https://e.org/c.png", "<p>a</p>");
    check(
        "[![a](https://e.org/c.png)](https://e.org)",
        &format!("<p>{}</p>", link("https://e.org/", "a")),
    );
}

#[test]
fn what_is_not_seen_is_left_out() {
    check("a\u{202e}b\u{2066}c\u{2069}", "<p>abc</p>");
    check("a&#x202E;b `c\u{202d}d`", "<p>ab <code>cd</code></p>");
    check("a\u{1b}[31mb", "<p>a[31mb</p>");
    check("שלום 👩\u{200d}🔬", "<p>שלום 👩\u{200d}🔬</p>");
    check_safe("a\0b `\0` [\0](https://e.org/\0) &#0;");
}

/// A minute on a loaded machine and without optimisation is still far below what a square of the length takes.
#[test]
fn no_text_takes_long() {
    let lines = "b\n".repeat(45_000);
    let texts = [
        ">".repeat(50_000),
        "[".repeat(50_000),
        "> ".repeat(50_000),
        "- ".repeat(50_000),
        "1. ".repeat(50_000),
        "*".repeat(50_000),
        "![".repeat(50_000),
        "*a **b ".repeat(20_000),
        "[a](".repeat(40_000),
        "&".repeat(200_000),
        "<".repeat(50_000),
        "`&".repeat(50_000),
        format!("[a](https://e.org/?{})", "&".repeat(100_000)),
        "x".repeat(200_000),
        "«".repeat(100_000),
        format!("{}\n{lines}", ">".repeat(50_000)),
        format!("{}a\n{lines}", "- ".repeat(25_000)),
        "<!--".repeat(50_000),
        format!("{}a{}", "[".repeat(50_000), "](https://e.org)".repeat(9_000)),
        "a\n".repeat(100_000),
        (0..400).map(|it| format!("{}- a\n", "  ".repeat(it))).collect(),
        "`".repeat(50_000),
        "> a\n".repeat(50_000),
    ];
    for text in texts {
        let started = Instant::now();
        check_safe(&text);
        let time = started.elapsed();
        assert!(
            time < Duration::from_secs(30),
            "{:?}… took {time:?}",
            &text.chars().take(20).collect::<String>()
        );
    }
}

#[test]
fn what_is_too_much_is_shown_as_it_is() {
    let deep = format!("{}a", "> ".repeat(MAX_DEPTH + 1));
    check(&format!("*b*\n{deep}"), &format!("<p>*b*<br>\n{}a</p>", "&gt; ".repeat(MAX_DEPTH + 1)));
    let long = "*a* ".repeat(MAX_CHARACTERS / 4);
    assert!(markdown(&long).contains("<em>"));
    let longer = format!("{long}b");
    check(&longer, &format!("<p>{longer}</p>"));
    // Deep by its lines: the innermost words are still there.
    let list: String = (0..60).map(|it| format!("{}- w{it}\n", "  ".repeat(it))).collect();
    let html = check_safe(&list);
    assert!(html.contains("w58\n\nw59") && html.matches("<ul>").count() <= MAX_DEPTH, "{html}");
    check("- - - - - - - - - - - - - - - - - - - -", "<hr>");
}

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(vec![
            "[", "](", ")", "!", "<", ">", "\"", "'", "`", "```", "*", "**", "_", "#", "\n", "\n\n", "> ", "- ", "1. ", "|", "|-|\n",
            "    ", "\t", "\\", "&", "&#58;", "&lt;", "&#x202e;", "\u{202e}", "\0", "javascript:", "java\tscript:", "data:text/html,",
            "https://e.org", "mailto:a@b", "<script>", "</script>", "<img src=x onerror=a>", "<svg/onload=a>", " onclick=a ",
            " style=a ", "<!--", "-->", "<![CDATA[", "]]>", "</textarea>", "</p>", "<a href=", "]: ", "[a]: ", "<?", "=", "---", "«", "é",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[ -~]{0,12}",
    ]
}

fn hostile() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..24).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn any_text_is_safe(text in any::<String>()) {
        check_safe(&text);
    }
}

/// Texts put together from what is dangerous: only allowed tags come out, and the same again from what came out.
#[test]
fn fuzz_markdown() {
    let seconds = std::env::var("ROOKERY_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok());
    let until = seconds.map(|it| Instant::now() + Duration::from_secs(it));
    let mut runner = TestRunner::default();
    let mut cases = 0;
    while until.map_or(cases < 2_000, |it| Instant::now() < it) {
        let text = hostile().new_tree(&mut runner).unwrap().current();
        let html = check_safe(&text);
        check_safe(&html);
        cases += 1;
    }
    assert!(cases > 0);
}
