use std::future::pending;
use std::net::TcpListener;

use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder};

use super::*;
use crate::{ProviderConfig, tls};

struct NoSuchHost;

impl Resolve for NoSuchHost {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("no such host".into()) })
    }
}

struct Silence;

impl Resolve for Silence {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(pending())
    }
}

async fn failing(client: ClientBuilder, address: &str) -> (ErrorKind, String) {
    let provider = ProviderConfig::new("p", "http://127.0.0.1/v1");
    let tls = tls::client(&provider).unwrap();
    let client = client.tls_backend_preconfigured(tls).no_proxy().build().unwrap();
    transport(&client.get(address).send().await.unwrap_err())
}

#[tokio::test]
async fn connections_that_cannot_be_made_are_told_apart() {
    let unknown = Client::builder().dns_resolver(NoSuchHost);
    let (kind, said) = failing(unknown, "http://somewhere.test/").await;
    assert_eq!((kind, &*said), (ErrorKind::Dns, "no such host"));

    let silent = Client::builder().dns_resolver(Silence).connect_timeout(Duration::from_millis(10));
    let (kind, said) = failing(silent, "http://somewhere.test/").await;
    assert_eq!(kind, ErrorKind::ConnectTimeout, "{said}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || drop(listener.accept()));
    let (kind, said) = failing(Client::builder(), &format!("https://{address}/")).await;
    assert_eq!(kind, ErrorKind::Unreachable, "{said}");
    server.join().unwrap();

    let (kind, said) = failing(Client::builder(), &format!("http://{address}/")).await;
    assert_eq!(kind, ErrorKind::Refused, "{said}");
}

fn check_wait(header: &str, expected: Option<u64>) {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, header.parse().unwrap());
    let now = httpdate::parse_http_date("Tue, 24 Nov 2026 12:00:00 GMT").unwrap();
    assert_eq!(retry_after(&headers, now), expected.map(Duration::from_millis), "{header}");
}

#[test]
fn retry_after_is_read_as_seconds_or_date() {
    check_wait("7", Some(7_000));
    check_wait(" 0 ", Some(0));
    check_wait("1.5", Some(1_500));
    check_wait("Tue, 24 Nov 2026 12:00:30 GMT", Some(30_000));
    check_wait("Tue, 24 Nov 2026 11:00:00 GMT", Some(0));
    check_wait("-1", None);
    check_wait("NaN", None);
    check_wait("soon", None);
    check_wait("99999999999999999999999", None);
}

#[test]
fn complaints_within_streams_are_told_apart() {
    let check = |kind: &str, code: &str, message: &str, expected: ErrorKind| {
        let [kind, code, message] = [kind, code, message].map(ToOwned::to_owned);
        let complaint = Complaint { message, kind, code };
        assert_eq!(in_stream(&complaint), expected, "{complaint:?}");
    };
    let server = ErrorKind::Server { retry_after: None };
    let limited = ErrorKind::RateLimited { retry_after: None };
    check("", "", "", server);
    check("server_error", "500", "slot gone", server);
    check("", "429", "slowly", limited);
    check("rate_limit_error", "", "slowly", limited);
    check("tokens", "rate_limit_exceeded", "slowly", limited);
    check("insufficient_quota", "insufficient_quota", "pay", ErrorKind::Quota);
    check("", "402", "pay", ErrorKind::Quota);
    check("BadRequestError", "400", "maximum context length is 9", ErrorKind::ContextTooLong);
    check("invalid_request_error", "", "no", ErrorKind::Invalid);
    check("", "7", "a code that is no status", server);
}
