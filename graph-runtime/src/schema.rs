//! JSON Schemas of what goes in and out of a graph, for whoever speaks to it from elsewhere.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::definition::StateGraph;

/// The JSON Schemas of a graph (draft 2020-12). Implemented by the macro where every type that takes part
/// implements `schemars::JsonSchema`.
pub trait Schemas: StateGraph {
    /// What `Input` is read from.
    fn input_schema() -> Value;
    /// What the fields of `Output` are.
    fn output_schema() -> Value;
    /// What each ask asks, by the node's name.
    fn question_schemas() -> BTreeMap<&'static str, Value>;
    /// What each ask is answered, by the node's name: the whole answer with its node and id, as `Answer` reads it.
    fn answer_schemas() -> BTreeMap<&'static str, Value>;
}

/// The JSON Schemas of a graph (draft 2020-12) as data: what [`Schemas`] says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GraphSchemas {
    /// What `Input` is read from.
    pub input: Value,
    /// What the fields of `Output` are.
    pub output: Value,
    /// What each ask asks, by the node's name.
    pub questions: BTreeMap<&'static str, Value>,
    /// What each ask is answered, by the node's name: the whole answer with its node and id.
    pub answers: BTreeMap<&'static str, Value>,
}

impl GraphSchemas {
    /// Those of a graph.
    pub fn of<G: Schemas>() -> Self {
        Self {
            input: G::input_schema(),
            output: G::output_schema(),
            questions: G::question_schemas(),
            answers: G::answer_schemas(),
        }
    }
}

/// Makes the schema of an object field by field; for generated code.
#[derive(Debug)]
pub struct ObjectSchema {
    generator: SchemaGenerator,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl ObjectSchema {
    /// An object without fields.
    pub fn new() -> Self {
        let generator = SchemaSettings::draft2020_12().into_generator();
        Self {
            generator,
            properties: Map::new(),
            required: Vec::new(),
        }
    }

    /// With a field of this type.
    #[must_use]
    pub fn field<T: JsonSchema>(mut self, name: &'static str, required: bool) -> Self {
        let schema = self.generator.subschema_for::<T>();
        self.properties.insert(name.to_owned(), schema.into());
        self.required.extend(required.then_some(name));
        self
    }

    /// With a field that is taken and never given.
    #[must_use]
    pub fn secret<T: JsonSchema>(mut self, name: &'static str, required: bool) -> Self {
        self = self.field::<T>(name, required);
        if let Some(schema) = self.properties.get_mut(name) {
            // What may be anything is written as `true`.
            if !schema.is_object() {
                *schema = json!({});
            }
            schema["writeOnly"] = true.into();
        }
        self
    }

    /// With a field that always has this value.
    #[must_use]
    pub fn constant(mut self, name: &'static str, value: &str) -> Self {
        self.properties
            .insert(name.to_owned(), json!({ "const": value }));
        self.required.push(name);
        self
    }

    /// With a field that is text.
    #[must_use]
    pub fn text(self, name: &'static str) -> Self {
        self.field::<String>(name, true)
    }

    /// The schema.
    pub fn finish(mut self) -> Value {
        let definitions = self.generator.take_definitions(true);
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        });
        if !definitions.is_empty()
            && let Some(schema) = schema.as_object_mut()
        {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
        schema
    }
}

impl Default for ObjectSchema {
    fn default() -> Self {
        Self::new()
    }
}

/// The schema of one type; for generated code.
pub fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .into()
}

/// Makes the schema of a field.
type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of an object as a part of another schema; for generated code.
pub fn object_schema(generator: &mut SchemaGenerator, fields: &[(&str, SchemaOf)]) -> Schema {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = fields
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema(generator).into()))
        .collect();
    let mut schema = Schema::default();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), json!(names));
    schema
}

/// What a graph that is a node asks, if it asks; for generated code.
pub fn questions_within<C: Schemas>(node: &'static str) -> Option<(&'static str, Value)> {
    Some((node, any_of::<C>("question", C::question_schemas())?))
}

/// What a graph that is a node is answered, if it asks; for generated code.
pub fn answers_within<C: Schemas>(node: &'static str) -> Option<(&'static str, Value)> {
    let answer = any_of::<C>("answer", C::answer_schemas())?;
    let schema = json!({
        "type": "object",
        "properties": { "node": { "const": node }, "answer": answer },
        "required": ["node", "answer"],
        "additionalProperties": false,
    });
    Some((node, schema))
}

/// Each with an id of its own, since what it refers to is within it.
fn any_of<C: Schemas>(what: &str, schemas: BTreeMap<&'static str, Value>) -> Option<Value> {
    let with_id = |(node, mut schema): (&str, Value)| {
        if let Some(schema) = schema.as_object_mut() {
            let id = format!("urn:graph:{}:{what}:{node}", C::ID);
            schema.insert("$id".to_owned(), id.into());
        }
        schema
    };
    let any: Vec<Value> = schemas.into_iter().map(with_id).collect();
    (!any.is_empty()).then(|| json!({ "anyOf": any }))
}
