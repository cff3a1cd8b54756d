//! CSV files, good and bad.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use rookery_stats::ratings::{MOST_REFUSALS, Rating, RatingsError};
use rookery_stats::{JudgeScores, Ratings, Scale};

fn scale() -> Scale {
    Scale::new(1, 5).unwrap()
}

fn refusals(error: RatingsError) -> (Vec<(u64, String)>, usize) {
    match error {
        RatingsError::Refused { refusals, more } => {
            (refusals.into_iter().map(|it| (it.line, it.reason)).collect(), more)
        }
        RatingsError::Io(error) => panic!("{error}"),
    }
}

/// Each expected refusal is a line and words that the reason must hold.
fn refused(csv: impl AsRef<[u8]>, expected: &[(u64, &str)]) {
    let text = String::from_utf8_lossy(csv.as_ref()).into_owned();
    let error = Ratings::read(csv.as_ref(), scale()).expect_err(&text);
    let (got, more) = refusals(error);
    assert_eq!(more, 0, "{text}");
    assert_eq!(got.len(), expected.len(), "{text}: {got:?}");
    for (got, expected) in got.iter().zip(expected) {
        assert_eq!(got.0, expected.0, "{text}: {got:?}");
        assert!(got.1.contains(expected.1), "{text}: {got:?} lacks {:?}", expected.1);
    }
}

fn read(csv: &str) -> Vec<Rating> {
    Ratings::read(csv.as_bytes(), scale())
        .unwrap_or_else(|it| panic!("{csv}: {it}"))
        .rows()
        .to_vec()
}

fn rating(item: &str, rater: &str, value: Option<f64>) -> Rating {
    let (item, rater) = (item.to_owned(), rater.to_owned());
    Rating { item, rater, value, dimension: None, group: None }
}

#[test]
fn columns_stand_in_any_order() {
    let expected = [rating("a", "x", Some(3.0)), rating("b", "x", None)];
    assert_eq!(read("item,rater,value\na,x,3\nb,x,\n"), expected);
    assert_eq!(read("value,item,rater\n3,a,x\n,b,x"), expected);
    assert_eq!(read("\u{feff}value,item,rater\r\n3.0,a,x\r\n,b,x\r\n"), expected);
    assert_eq!(read("\u{feff}\"value\",item,rater\n\n 3 , a,x\n\n,b,\"x\"\n"), expected);
    assert_eq!(read("item,rater,value\n"), []);
}

#[test]
fn dimension_and_group_may_stand_too() {
    let rows =
        read("group,item,dimension,rater,value\nlay,\"a, b\",risk,x,1\nlay,\"a, b\",care,x,2\n");
    let with = |dimension: &str, value| Rating {
        dimension: Some(dimension.to_owned()),
        group: Some("lay".to_owned()),
        ..rating("a, b", "x", Some(value))
    };
    assert_eq!(rows, [with("risk", 1.0), with("care", 2.0)]);
}

#[test]
fn a_wrong_header_is_refused() {
    refused("", &[(1, "no column \"item\""), (1, "\"rater\""), (1, "\"value\"")]);
    refused("item,rater\na,x\n", &[(1, "no column \"value\"")]);
    refused("item,rater,value,note\na,x,1,hi\n", &[(1, "\"note\" is not known")]);
    refused("item,item,rater,value\n", &[(1, "\"item\" stands twice")]);
    refused("Item,rater,value\n", &[(1, "\"Item\" is not known"), (1, "no column \"item\"")]);
}

#[test]
fn bad_rows_are_named_by_line() {
    refused("item,rater,value\na,x,1\nb,x,seven\n", &[(3, "\"seven\" is not a number")]);
    refused("item,rater,value\na,x,6\nb,x,0\n", &[(2, "scale 1..5"), (3, "scale 1..5")]);
    refused("item,rater,value\na,x,2.5\n", &[(2, "2.5 is not a point")]);
    refused("item,rater,value\na,x,NaN\nb,x,inf\n", &[(2, "not a number"), (3, "not a number")]);
    refused("item,rater,value\na,x\nb,x,1,2\n", &[(2, "2 fields"), (3, "4 fields")]);
    refused("item,rater,value\n,x,1\na,,1\n", &[(2, "item is empty"), (3, "rater is empty")]);
    refused(
        "item,rater,value\na,x,1\nb,x,1\na,x,\n",
        &[(4, "\"x\" rated \"a\" on line 2 already")],
    );
    refused(
        "item,rater,value,dimension\na,x,1,r\na,x,1,s\na,x,2,r\n",
        &[(4, "in dimension \"r\" on line 2")],
    );
    refused(
        b"item,rater,value\na,x,1\n\xff,x,1\nb,\xc3,1\n",
        &[(3, "item is not UTF-8"), (4, "rater is")],
    );
}

#[test]
fn lines_are_those_of_the_file() {
    refused("item,rater,value\r\na,x,1\r\nb,x,9\r\n", &[(3, "scale")]);
    refused("item,rater,value\n\n\na,x,9\n\nb,x,9", &[(4, "scale"), (6, "scale")]);
    refused("\n\nitem,rater,value\n\"a\nb\nc\",x,1\nb,x,9\n", &[(7, "scale")]);
    refused("item,rater,value\na,x,9\nb\nc,x,8\n", &[(2, "9"), (3, "1 fields"), (4, "8")]);
}

#[test]
fn refusals_are_counted_to_the_end_but_listed_to_twenty() {
    let mut csv = "item,rater,value\n".to_owned();
    csv.extend((0..30).map(|it| format!("{it},x,9\n")));
    let error = Ratings::read(csv.as_bytes(), scale()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("line 21: the value 9 is not a point of the scale 1..5\nand 10 more")
    );
    assert_eq!(refusals(error).0.len(), MOST_REFUSALS);
}

#[test]
fn rows_from_elsewhere_are_checked_alike() {
    let check = |rows: &[Rating], expected: &str| {
        let error = Ratings::from_rows(scale(), rows.to_vec()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(&[rating("a", "x", Some(1.5))], "line 1: the value 1.5");
    check(&[rating("a", "x", None), rating("a", "x", Some(1.0))], "line 2: \"x\" rated \"a\"");
    let other = Rating { group: Some("lay".to_owned()), ..rating("b", "x", None) };
    check(&[rating("a", "x", None), other], "line 2: dimension and group");
}

#[test]
fn judges_may_score_between_points() {
    let read = |csv: &str| JudgeScores::read(csv.as_bytes(), scale());
    let scores = read("value,item\n2.5,a\n,b\n").unwrap();
    assert_eq!((scores.score("a", None), scores.score("b", None)), (Some(2.5), None));
    let scores = read("item,dimension,value\na,r,2\na,s,3\n").unwrap();
    assert!(scores.has_dimension());
    assert_eq!(scores.score("a", Some("s")), Some(3.0));
    assert_eq!(scores.score("a", None), None);
    let check = |csv: &str, expected: &str| {
        let error = read(csv).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("item,value\na,5.1\n", "line 2: the value 5.1 is outside");
    check("item,value\na,1\na,1\n", "line 3: \"a\" is scored on an earlier line");
    check("item,rater,value\na,x,1\n", "\"rater\" is not known; there are: item, value, dimension");
}
