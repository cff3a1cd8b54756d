use super::*;

fn error(kind: ErrorKind, said: &str) -> LlmError {
    LlmError {
        kind,
        provider: "local".to_owned(),
        model: Some("small".to_owned()),
        status: Some(500),
        said: said.to_owned(),
        attempts: 3,
    }
}

const SECOND: Duration = Duration::from_secs(1);

const KINDS: [ErrorKind; 17] = [
    ErrorKind::Refused,
    ErrorKind::Dns,
    ErrorKind::ConnectTimeout,
    ErrorKind::Unreachable,
    ErrorKind::Stalled { after: SECOND },
    ErrorKind::Unauthorised,
    ErrorKind::Forbidden,
    ErrorKind::UnknownModel,
    ErrorKind::WrongAddress,
    ErrorKind::RateLimited { retry_after: Some(SECOND) },
    ErrorKind::Quota,
    ErrorKind::ContextTooLong,
    ErrorKind::Invalid,
    ErrorKind::Server { retry_after: None },
    ErrorKind::Loading,
    ErrorKind::Protocol,
    ErrorKind::CutOff,
];

#[test]
fn every_kind_says_what_happened_and_what_to_do() {
    for kind in KINDS {
        let person = error(kind, "").person();
        assert!(person.contains("local") || person.contains("small"), "{person}");
        assert!(person.matches(". ").count() >= 1 && person.ends_with('.'), "{person}");
        let quoting = error(kind, "oh no.").person();
        assert!(quoting.contains("It said: “oh no”. "), "{quoting}");
    }
    let names: std::collections::BTreeSet<_> = KINDS.iter().map(|it| it.name()).collect();
    assert_eq!(names.len(), KINDS.len());
}

#[test]
fn a_visitor_learns_nothing_of_the_installation() {
    for kind in KINDS {
        let visitor = error(kind, "secret words of the server").visitor("Small model");
        assert!(visitor.contains("Small model") && visitor.ends_with('.'), "{visitor}");
        for hidden in ["secret", "local", "key", "base_url", "http"] {
            assert!(!visitor.contains(hidden), "{visitor}");
        }
    }
}

#[test]
fn logs_get_one_line() {
    assert_eq!(
        error(ErrorKind::Server { retry_after: None }, "oh no").to_string(),
        "local: server 500 for small after 3 tries: oh no"
    );
    let bare = LlmError { model: None, status: None, attempts: 1, ..error(ErrorKind::Dns, "") };
    assert_eq!(bare.to_string(), "local: dns");
}

#[test]
fn what_is_retried_may_pass() {
    for kind in KINDS {
        let error = error(kind, "");
        assert!(error.is_passing() || !error.is_retried(), "{kind:?}");
    }
}
