//! JSON Schemas of what goes in and out of a graph, for whoever speaks to it from elsewhere.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
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
