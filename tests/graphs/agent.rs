//! An agent with tools: a model asks for calls, they run side by side, and it looks at what they gave.

use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A call that the model asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The tool.
    pub tool: String,
    /// What it is given.
    pub argument: i64,
}

/// What a tool gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The tool.
    pub tool: String,
    /// What it gave.
    pub value: i64,
}

/// Why the agent stopped.
#[derive(Debug)]
pub struct UnknownTool(String);

impl std::fmt::Display for UnknownTool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no tool `{}`", self.0)
    }
}

impl std::error::Error for UnknownTool {}

/// Calls tools until it has an answer.
#[graph(id = "agent")]
pub mod agent {
    use super::*;

    /// What the agent knows.
    #[state]
    pub struct Agent {
        /// What it was asked.
        #[input(required)]
        pub question: String,
        /// The calls of this round.
        pub calls: Vec<ToolCall>,
        /// What tools gave, in the order of the calls.
        #[reduce(append)]
        pub results: Vec<ToolResult>,
        /// How many rounds there were.
        #[reduce(sum)]
        pub rounds: u32,
        /// The answer.
        #[output]
        pub answer: Option<String>,
    }

    edges! {
        start -> think -> if state.calls.is_empty() || state.rounds > 8 {
            finish
        } else {
            for call in state.calls.clone() { run_tool(call) }
        };
        run_tool -> think;
        finish -> end;
    }

    #[node(writes(calls, rounds))]
    async fn think(
        question: &str,
        results: &[ToolResult],
        run: &Run,
    ) -> Result<update::Think, UnknownTool> {
        run.emit(results.len());
        let calls = match (question, results) {
            ("sum", []) => vec![
                ToolCall {
                    tool: "double".to_owned(),
                    argument: 4,
                },
                ToolCall {
                    tool: "negate".to_owned(),
                    argument: 1,
                },
            ],
            ("", _) => return Err(UnknownTool("nothing".to_owned())),
            _ => Vec::new(),
        };
        Ok(update::Think::new().calls(calls).rounds(1))
    }

    #[node(writes(results), spawn)]
    async fn run_tool(call: ToolCall) -> Result<ToolResult, UnknownTool> {
        let value = match call.tool.as_str() {
            "double" => call.argument * 2,
            "negate" => -call.argument,
            _ => return Err(UnknownTool(call.tool)),
        };
        Ok(ToolResult {
            tool: call.tool,
            value,
        })
    }

    #[node(writes(answer))]
    fn finish(results: &[ToolResult]) -> Option<String> {
        Some(
            results
                .iter()
                .map(|result| result.value)
                .sum::<i64>()
                .to_string(),
        )
    }
}
