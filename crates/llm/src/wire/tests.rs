use serde_json::json;

use super::*;

fn complains(body: &Value, expected: Option<(&str, &str, &str)>) {
    let expected = expected.map(|(message, kind, code)| Complaint {
        message: message.to_owned(),
        kind: kind.to_owned(),
        code: code.to_owned(),
    });
    assert_eq!(complaint(body), expected, "{body}");
}

#[test]
fn complaints_of_every_dialect_are_read() {
    let openai = json!({ "error": { "message": "m", "type": "t", "param": null, "code": "c" } });
    complains(&openai, Some(("m", "t", "c")));
    complains(&json!({ "error": { "message": "m", "code": 400 } }), Some(("m", "", "400")));
    complains(&json!({ "error": "m" }), Some(("m", "", "")));
    complains(&json!({ "error": {} }), Some(("", "", "")));
    complains(
        &json!({ "object": "error", "message": "m", "type": "t", "code": 404 }),
        Some(("m", "t", "404")),
    );
    complains(&json!({ "detail": "Not Found" }), Some(("Not Found", "", "")));
    complains(&json!({ "detail": [{ "msg": "x" }] }), Some(("[{\"msg\":\"x\"}]", "", "")));
    complains(&json!({ "choices": [], "error": null }), None);
    complains(&json!([]), None);
}

fn check_vectors(data: &Value, count: usize, expected: Option<Vec<Vec<f32>>>) {
    assert_eq!(embeddings(&json!({ "data": data }), count), expected, "{data}");
}

#[test]
fn vectors_must_be_whole() {
    let one = |vector: Value| json!([{ "embedding": vector }]);
    check_vectors(&one(json!([1, 0.5])), 1, Some(vec![vec![1.0, 0.5]]));
    check_vectors(&one(json!("AACAPwAAAD8=")), 1, Some(vec![vec![1.0, 0.5]]));
    check_vectors(&one(json!("AACAPwA=")), 1, None);
    check_vectors(&one(json!("AADAfw==")), 1, None);
    check_vectors(&one(json!("?")), 1, None);
    check_vectors(&one(json!([])), 1, None);
    check_vectors(&one(json!([null])), 1, None);
    check_vectors(&one(json!([1e300])), 1, None);
    check_vectors(&one(json!([1])), 2, None);
    let uneven = json!([{ "embedding": [1] }, { "embedding": [1, 2] }]);
    check_vectors(&uneven, 2, None);
    let twice = json!([{ "index": 0, "embedding": [1] }, { "index": 0, "embedding": [1] }]);
    check_vectors(&twice, 2, None);
    let beyond = json!([{ "index": 9, "embedding": [1] }]);
    check_vectors(&beyond, 1, None);
    check_vectors(&json!(null), 1, None);
}
