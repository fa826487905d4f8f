//! The description is complete and true: every address that it names answers as it says, in the shapes that it says,
//! and its examples are what really goes over the wire.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use graph_runtime::MemorySaver;
use serde_json::{Value, json};

use crate::raw::Http;
use crate::schema::Schemas;
use crate::support::served::{serve, server};

const FRAMES: &str = "application/vnd.moments+octet-stream";

/// In this order each one finds what the ones before have stored.
const ORDER: &[(&str, &str)] = &[
    ("get", "/health"),
    ("get", "/openapi.json"),
    ("get", "/v1/check"),
    ("put", "/v1/user"),
    ("post", "/v1/thread/commits"),
    ("get", "/v1/thread/chain"),
    ("get", "/v1/thread/records"),
    ("get", "/v1/thread/writes"),
    ("get", "/v1/threads"),
    ("get", "/v1/threads/due"),
    ("get", "/v1/threads/idle"),
    ("post", "/v1/thread/messages"),
    ("get", "/v1/thread/messages"),
    ("put", "/v1/thread/lease"),
    ("delete", "/v1/thread/lease"),
    ("post", "/v1/thread/rewrites"),
    ("get", "/v1/thread/paths"),
    ("get", "/v1/thread/usage"),
    ("delete", "/v1/thread"),
];

struct Described {
    document: Value,
    address: SocketAddr,
}

async fn described() -> Described {
    let served = serve(server(Arc::new(MemorySaver::new()))).await;
    let address = served.address;
    served.leave();
    let answer = Http::ask("GET", "/openapi.json").send(address).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    Described {
        document: answer.json(),
        address,
    }
}

impl Described {
    fn schemas(&self) -> Schemas<'_> {
        Schemas(&self.document)
    }

    fn operation(&self, verb: &str, path: &str) -> &Value {
        &self.document["paths"][path][verb]
    }

    fn parameters(&self, operation: &Value) -> Vec<Value> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters
            .map(|one| self.schemas().named(one["$ref"].as_str().unwrap()).clone())
            .collect()
    }

    /// The request that the examples make, with what else is to be in its query.
    fn request(&self, verb: &str, path: &str, more: &str) -> Http {
        let operation = self.operation(verb, path);
        let mut query = String::new();
        for parameter in self.parameters(operation) {
            if parameter["in"] == "query" && parameter["required"] == true {
                let (name, value) = (text(&parameter["name"]), text(&parameter["example"]));
                query.extend([name.as_str(), "=", value.as_str(), "&"]);
            }
        }
        let request = Http::ask(&verb.to_uppercase(), &format!("{path}?{query}{more}"));
        let Some(content) = operation["requestBody"]["content"].as_object() else {
            return request;
        };
        let (kind, content) = content.iter().next().unwrap();
        request.with_body(kind, self.body(kind, content))
    }

    fn body(&self, kind: &str, content: &Value) -> Vec<u8> {
        match kind {
            FRAMES => {
                let line = &content["x-line-example"];
                self.assert_fits(&content["x-line"], line);
                let size = sizes(line);
                [line.to_string().as_bytes(), b"\n", &vec![b'p'; size]].concat()
            }
            "application/json" => {
                self.assert_fits(&content["schema"], &content["example"]);
                content["example"].to_string().into_bytes()
            }
            _ => b"hello".to_vec(),
        }
    }

    fn assert_fits(&self, schema: &Value, value: &Value) {
        let misfits = self.schemas().misfits(schema, value);
        assert!(misfits.is_empty(), "{misfits:?} in {value}");
    }

    /// That an answer is one of those that are described.
    fn assert_described(&self, operation: &Value, answer: &Http) {
        let responses = operation["responses"].as_object().unwrap();
        let response = responses.get(&answer.status().to_string());
        let response = response.or_else(|| responses.get("default"));
        let response = response.unwrap_or_else(|| unreachable!("{answer:?}"));
        for name in response["headers"]
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys())
        {
            assert!(
                answer.header(&name.to_lowercase()).is_some(),
                "{name}: {answer:?}"
            );
        }
        let Some(content) = response["content"].as_object() else {
            assert!(answer.body.is_empty() && answer.header("content-type").is_none());
            return;
        };
        let content = &content[answer.header("content-type").unwrap()];
        assert!(!content.is_null(), "{answer:?}");
        if content["x-line"].is_null() {
            if content["schema"] != json!({"type": "object"}) {
                self.assert_fits(&content["schema"], &answer.json());
            }
            return;
        }
        let end = answer.body.iter().position(|byte| *byte == b'\n').unwrap();
        let line = serde_json::from_slice(&answer.body[..end]).unwrap();
        self.assert_fits(&content["x-line"], &line);
        assert_eq!(sizes(&line), answer.body.len() - end - 1);
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// How many bytes a line says will follow.
fn sizes(line: &Value) -> usize {
    let items = line
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_array)
        .flatten();
    items
        .filter_map(|item| item["bytes"].as_u64())
        .map(|bytes| usize::try_from(bytes).unwrap())
        .sum()
}

#[tokio::test]
async fn every_address_answers_as_described() {
    let described = described().await;
    let mut all = BTreeSet::new();
    for (path, verbs) in described.document["paths"].as_object().unwrap() {
        all.extend(
            verbs
                .as_object()
                .unwrap()
                .keys()
                .map(|verb| (verb.as_str(), path.as_str())),
        );
    }
    assert_eq!(all, ORDER.iter().copied().collect());
    for (verb, path) in ORDER {
        let operation = described.operation(verb, path);
        let answer = described
            .request(verb, path, "")
            .send(described.address)
            .await;
        assert!(
            matches!(answer.status(), 200 | 204),
            "{verb} {path}: {answer:?}"
        );
        described.assert_described(operation, &answer);
    }
    // With everything gone, or another key, it is a problem that is described, too.
    for (verb, path) in ORDER.iter().filter(|(_, path)| path.starts_with("/v1/")) {
        let operation = described.operation(verb, path);
        let anonymous = described.request(verb, path, "").without("authorization");
        described.assert_described(operation, &anonymous.send(described.address).await);
        let odd = described
            .request(verb, path, "odd=1")
            .send(described.address)
            .await;
        assert_eq!(odd.status(), 400, "{verb} {path}");
        described.assert_described(operation, &odd);
    }
    let gone = described
        .request("get", "/v1/thread/chain", "")
        .send(described.address)
        .await;
    assert_eq!(gone.status(), 404);
    described.assert_described(described.operation("get", "/v1/thread/chain"), &gone);
}

/// Each parameter is taken where it is described; there are no others, which a test beside the routes proves.
#[tokio::test]
async fn every_parameter_is_taken() {
    let described = described().await;
    for (verb, path) in ORDER {
        let parameters = described.parameters(described.operation(verb, path));
        let names: Vec<_> = parameters.iter().map(|one| text(&one["name"])).collect();
        assert_eq!(
            names.iter().collect::<BTreeSet<_>>().len(),
            names.len(),
            "{verb} {path}"
        );
        let optional = parameters.iter().filter(|one| one["required"] == false);
        for parameter in optional.filter(|one| one["in"] == "query") {
            let more = match text(&parameter["name"]).as_str() {
                "at" => "at=01J9ZQ4S7N2K0M4T3V5W6X7Y8Z".to_owned(),
                "without_inputs" => "without_inputs=true".to_owned(),
                "after" | "after_time" => "after=1&after_time=1".to_owned(),
                // It goes with `after`, which isn't timed there.
                name => format!("{name}=1"),
            };
            let more = if *path == "/v1/threads" {
                more.replace("&after_time=1", "")
            } else {
                more
            };
            let answer = described
                .request(verb, path, &more)
                .send(described.address)
                .await;
            assert_ne!(answer.status(), 400, "{verb} {path} {more}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_is_shown_as_an_example_fits() {
    let described = described().await;
    let mut shown = 0;
    for (verb, path) in ORDER {
        let operation = described.operation(verb, path);
        for response in operation["responses"].as_object().unwrap().values() {
            for content in response["content"]
                .as_object()
                .into_iter()
                .flat_map(|all| all.values())
            {
                for (schema, example) in [("schema", "example"), ("x-line", "x-line-example")] {
                    if !content[example].is_null() {
                        described.assert_fits(&content[schema], &content[example]);
                        shown += 1;
                    }
                }
            }
        }
    }
    assert!(shown > 10);
    // What doesn't fit is noticed.
    let schema = json!({"$ref": "#/components/schemas/RecordLine"});
    for odd in [json!({}), json!(1), json!({"id": "x"})] {
        assert!(!described.schemas().misfits(&schema, &odd).is_empty());
    }
}
