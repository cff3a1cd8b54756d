use super::*;

const WHOLE: &str = r#"
[[provider]]
name = "openai"
base_url = "https://api.openai.com/v1"
key_env = "OPENAI_API_KEY"
headers = { X-Team = "seven" }
concurrency = 8
requests_per_minute = 500
tokens_per_minute = 200000
connect_timeout = 5
idle_timeout = 60
reply_timeout = 300
attempts = 2
longest_wait = 10

[[provider]]
name = "local"
base_url = "http://127.0.0.1:8080/v1"

[[model]]
key = "mini"
label = "GPT-4o mini"
provider = "openai"
id = "gpt-4o-mini"
price_in = 150000
price_out = 600000
context = 128000
token_limit = "max_completion_tokens"
sampling = { temperature = 0.0, max_tokens = 800 }
note = "The usual judge."

[[model]]
key = "small"
label = "SmolLM2"
provider = "local"
id = "any"
"#;

fn read(text: &str) -> Result<Config, ConfigError> {
    Config::from_toml(text, |source| match source {
        KeySource::Env(name) if name == "OPENAI_API_KEY" => Ok(" sesame\n".into()),
        KeySource::Env(name) => Err(format!("the variable {name} is not set")),
        KeySource::File(path) => Err(format!("{} cannot be read", path.display())),
    })
}

#[test]
fn a_whole_configuration_is_read() {
    let config = read(WHOLE).unwrap();
    let [openai, local] = &config.providers[..] else { panic!("{config:?}") };
    assert_eq!(openai.key.as_ref().unwrap().expose_secret(), "sesame");
    assert_eq!(openai.headers["X-Team"].expose_secret(), "seven");
    assert_eq!((openai.concurrency, openai.attempts), (8, 2));
    assert_eq!((openai.requests_per_minute, openai.tokens_per_minute), (Some(500), Some(200_000)));
    let seconds =
        [openai.connect_timeout, openai.idle_timeout, openai.reply_timeout].map(|it| it.as_secs());
    assert_eq!((seconds, openai.longest_wait.as_secs()), ([5, 60, 300], 10));
    assert!(local.key.is_none());
    assert_eq!(local.concurrency, 4);
    let [mini, small] = &config.models[..] else { panic!("{config:?}") };
    assert_eq!((mini.price_in, mini.price_out, mini.context), (150_000, 600_000, Some(128_000)));
    assert_eq!(mini.token_limit, TokenLimit::MaxCompletionTokens);
    assert_eq!((mini.sampling.temperature, mini.sampling.max_tokens), (Some(0.0), Some(800)));
    let mut expected = ModelConfig::new("small", "local", "any");
    expected.label = "SmolLM2".to_owned();
    assert_eq!(*small, expected);
    let shown = format!("{config:?}");
    assert!(!shown.contains("sesame") && !shown.contains("seven"), "{shown}");
}

/// Replaces a text of the whole configuration, and expects an error that begins so.
fn refuse(from: &str, to: &str, expected: &str) {
    assert!(WHOLE.contains(from), "{from}");
    let error = read(&WHOLE.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(error.starts_with(expected), "{from} → {to}: {error}");
    assert!(!error.contains("sesame"), "{error}");
}

#[test]
fn wrong_fields_are_named_with_their_mend() {
    let openai = |rest: &str| format!("provider “openai”: {rest}");
    let mini = |rest: &str| format!("model “mini”: {rest}");
    refuse("concurrency", "concurency", "line 7: unknown field `concurency`");
    refuse("concurrency = 8", "concurrency = 0", &openai("concurrency must be at least 1"));
    refuse("attempts = 2", "attempts = 0", &openai("attempts must be"));
    refuse("idle_timeout = 60", "idle_timeout = 0", &openai("idle_timeout must be"));
    refuse("concurrency = 8", "concurrency = -1", "line 7: invalid value");
    refuse("\"openai\"", "\"open ai\"", "provider “open ai”: name must be 1 to 64 letters");
    refuse("\"local\"", "\"openai\"", &openai("name is used twice"));
    refuse("OPENAI_API_KEY", "NONE", &openai("key_env gives no key: the variable NONE is not set"));
    refuse("key_env = \"OPENAI_API_KEY\"", "key_file = \"k\"", &openai("key_file gives no key: k"));
    refuse("key_env", "key_file = \"k\"\nkey_env", &openai("key_file and key_env are both set"));
    refuse("key_env = \"OPENAI_API_KEY\"", "key = \"sesame\"", "line 5: unknown field `key`");
    refuse("X-Team", "\"X Team\"", &openai("headers “X Team” is not a header's name"));
    refuse(
        "{ X-Team = \"seven\" }",
        "\"sesame\"",
        "line 6: invalid type: string …, expected a map",
    );
    refuse("seven", "se\\nsame", &openai("headers the value of “X-Team” cannot be sent"));
    let address = "https://api.openai.com/v1";
    refuse(address, "api.openai.com", &openai("base_url is not an address"));
    refuse(address, "ftp://api.openai.com", &openai("base_url must begin with http"));
    refuse(address, "https://me:sesame@api.openai.com", &openai("base_url holds credentials"));
    refuse(address, "https://sesame@api.openai.com", &openai("base_url holds credentials"));
    refuse(
        address,
        "https://api.openai.com/?key=sesame",
        &openai("base_url must end with its path"),
    );
    refuse("\"mini\"", "\"\"", "model “”: key must be");
    refuse("\"small\"", "\"mini\"", &mini("key is used twice"));
    refuse("\"GPT-4o mini\"", "\" \"", &mini("label is empty"));
    let provider = "provider “azure” is not a provider; name one of: local, openai";
    refuse("provider = \"openai\"", "provider = \"azure\"", &mini(provider));
    refuse("temperature = 0.0", "temperature = 2.5", &mini("sampling.temperature must be"));
    refuse("max_tokens = 800", "max_tokens = 0", &mini("sampling.max_tokens must be"));
    refuse("max_tokens = 800", "max = 800", "line 29: unknown field `max`");
}

#[test]
fn an_empty_configuration_is_sound() {
    assert!(read("").unwrap().models.is_empty());
}

#[test]
fn a_key_must_be_one_word() {
    let config = |key: &str| {
        let mut provider = ProviderConfig::new("p", "http://127.0.0.1/v1");
        provider.key = Some(key.into());
        Config { providers: vec![provider], models: Vec::new() }
    };
    assert_eq!(config("sk-1").check(), Ok(()));
    for key in ["", "two words", "line\nbreak", "é"] {
        let error = config(key).check().unwrap_err().to_string();
        assert!(error.starts_with("provider “p”: key must be one word"), "{error}");
    }
}

#[test]
fn the_documented_configuration_is_sound() {
    let page = include_str!("../../../../docs/models.md");
    let example = page.split("```toml\n").nth(1).and_then(|it| it.split("```").next()).unwrap();
    let config = Config::from_toml(example, |_| Ok("key".into())).unwrap();
    assert_eq!(config.providers.len(), 4);
    assert!(config.models.len() >= 4);
}
