use proptest::prelude::*;

use super::*;

/// The pieces with what is added in brackets.
fn marked(first: &str, other: &str) -> String {
    let pieces = differences(first, other).pieces;
    pieces
        .iter()
        .map(|it| if it.kind == Kind::Added { format!("[{}]", it.text) } else { it.text.clone() })
        .collect()
}

#[track_caller]
fn check(first: &str, other: &str, expected: &str) {
    assert_eq!(marked(first, other), expected, "{first:?} {other:?}");
}

#[test]
fn additions_are_marked() {
    check("", "", "");
    check("", "Call a friend.", "[Call a friend].");
    check("Call a friend.", "", "");
    check("Call a friend.", "Call a friend.", "Call a friend.");
    check("Call a friend today.", "Call a close friend today.", "Call a [close] friend today.");
    check("Call a close friend today.", "Call a friend today.", "Call a friend today.");
    check("Rest.", "Rest. Then call somebody you trust.", "Rest. [Then call somebody you trust].");
    check("Eat well.", "Sleep first, and eat well.", "[Sleep first, and] eat well.");
}

#[test]
fn only_words_make_a_difference() {
    check("The end", "the END", "the END");
    check("Don't go", "Don’t go!", "Don’t go!");
    check("a b", "a,\n\n- b…", "a,\n\n- b…");
    check("one two", "one — **two** 🙂", "one — **two** 🙂");
    check("Pay 3.14 now", "Pay 3.15 now", "Pay [3.15] now");
}

#[test]
fn short_common_runs_are_swallowed() {
    let first = "We went to the old house";
    check(first, "They drove to a new house", "[They drove to a new] house");
    check("a b c d e f", "x a b c y d e f", "[x] a b c [y] d e f");
    // Not over the end of a sentence or a line.
    check(
        "We rest. Sleep well tonight dear",
        "You rest. Eat well tonight dear",
        "[You] rest. [Eat] well tonight dear",
    );
    check("a to\nb c d e", "x to\ny c d e", "[x] to\n[y] c d e");
    // Nothing to swallow at the ends.
    check("a b", "a x b", "a [x] b");
}

#[test]
fn an_addition_ends_with_its_line() {
    check("", "One two.\n\n- three\n- four", "[One two].\n\n- [three]\n- [four]");
    check("a", "a\r\nb c \r\n d", "a\r\n[b c] \r\n [d]");
}

#[test]
fn writing_without_spaces_is_read() {
    check("我今天很累", "我今天非常累", "我今天[非常]累");
}

#[test]
fn the_share_is_of_the_words_in_added_pieces() {
    let check = |first, other, share: f64, nearly_all| {
        let found = differences(first, other);
        assert!((found.changed_share - share).abs() < 1e-9, "{other:?} {}", found.changed_share);
        assert_eq!(found.nearly_all_new(), nearly_all, "{other:?}");
    };
    check("", "", 0.0, false);
    check("a", "…", 0.0, false);
    check("a b", "a b", 0.0, false);
    check("a b c", "a x", 0.5, false);
    // What is swallowed counts.
    check("a b c", "a x c y", 0.75, false);
    check("a b", "x y", 1.0, true);
    check("", "x", 1.0, true);
    // Half of the words, read either way.
    check("a b c d", "a b x y", 0.5, false);
    check("a b x y", "a b c d", 0.5, false);
    // Sharing stop words alone is sharing nearly nothing.
    check(
        "the cat sat on a mat in the sun of noon",
        "my bank lost the papers they sent to a lawyer in town last spring of course",
        1.0,
        true,
    );
}

#[test]
fn long_texts_do_not_hang() {
    let text = |step: usize| -> String {
        (0..60_000).map(|it| format!("w{} ", it * step % 7_919)).collect()
    };
    let (first, other) = (text(31), text(1_009));
    let started = Instant::now();
    let found = differences(&first, &other);
    assert_eq!(found.pieces.iter().map(|it| &*it.text).collect::<String>(), other);
    // Without a limit of its own this takes minutes; the rest is slack for a loaded machine.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// Texts that share many words.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["([abcde]{1,2}([ ,.!\n-]|\r\n|\n\n| — ){1,2}){0,30}", any::<String>(),]
}

proptest! {
    #[test]
    fn pieces_are_the_text(first in text(), other in text()) {
        let found = differences(&first, &other);
        let all: String = found.pieces.iter().map(|it| &*it.text).collect();
        prop_assert_eq!(&all, &other);
        prop_assert!((0.0..=1.0).contains(&found.changed_share));
        for piece in &found.pieces {
            prop_assert!(!piece.text.is_empty());
            if piece.kind == Kind::Added {
                prop_assert_eq!(piece.text.trim(), &piece.text);
                prop_assert!(piece.text.contains(char::is_alphanumeric));
                prop_assert!(!piece.text.contains(['\n', '\r']));
            }
        }
        prop_assert!(!found.pieces.windows(2).any(|it| it[0].kind == it[1].kind));
    }

    #[test]
    fn a_text_adds_nothing_to_itself(text in text()) {
        let found = differences(&text, &text);
        prop_assert!(found.pieces.iter().all(|it| it.kind == Kind::Same));
        prop_assert!(found.changed_share <= 0.0);
    }

    #[test]
    fn what_a_text_goes_on_with_is_added(text in text(), more in "[xyz]{3,5}( [xyz]{3,5}){0,5}") {
        let found = differences(&text, &format!("{text}\n{more}"));
        prop_assert_eq!(found.pieces.last(), Some(&Piece { text: more, kind: Kind::Added }));
    }
}
