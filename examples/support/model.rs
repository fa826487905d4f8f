//! A model behind an `OpenAI` compatible server.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use async_openai::Client;
use async_openai::config::{OPENAI_API_BASE, OpenAIConfig};
use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequestArgs,
};
use futures_util::StreamExt;

use crate::assistant::{Brief, Topic};
use crate::message::{Message, Role};

const CLASSIFY: &str = "You sort messages to a support desk. Answer with one word: `refund` if the customer wants \
    money back, `smalltalk` for a greeting or thanks, `question` for anything else.";
const ANSWER: &str = "You answer customers at a support desk in a few plain sentences. Use only the notes that you are \
    given, name their source, and say so if they don't answer the question.";

#[derive(Debug)]
pub struct Model {
    client: Client<OpenAIConfig>,
    name: String,
}

impl Model {
    /// The model that the environment names, if it names one: `OPENAI_BASE_URL`, `OPENAI_API_KEY`, `OPENAI_MODEL`.
    pub fn from_environment() -> Result<Option<Self>> {
        let given = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (server, key) = (given("OPENAI_BASE_URL"), given("OPENAI_API_KEY"));
        if server.is_none() && key.is_none() {
            return Ok(None);
        }
        let name = given("OPENAI_MODEL").unwrap_or_else(|| "gpt-4.1-mini".to_owned());
        let server = server.unwrap_or_else(|| OPENAI_API_BASE.to_owned());
        Self::new(name, &server, &key.unwrap_or_default()).map(Some)
    }

    fn new(name: String, server: &str, key: &str) -> Result<Self> {
        // Fails if there is a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_mins(1))
            .build()?;
        let config = OpenAIConfig::new()
            .with_api_base(server.trim_end_matches('/'))
            .with_api_key(key);
        Ok(Self {
            client: Client::build(http, config),
            name,
        })
    }

    pub async fn classify(&self, question: &str) -> Result<Topic> {
        let messages = vec![system(CLASSIFY), user(question)];
        let word = self.ask(messages, |_| {}).await?.to_lowercase();
        Ok(if word.contains("refund") {
            Topic::Refund
        } else if word.contains("smalltalk") {
            Topic::Smalltalk
        } else {
            Topic::Question
        })
    }

    pub async fn answer(&self, brief: Brief<'_>, show: impl FnMut(&str)) -> Result<String> {
        let mut messages = vec![system(ANSWER), system(&notes(brief))];
        messages.extend(brief.messages.iter().map(said));
        self.ask(messages, show).await
    }

    async fn ask(
        &self,
        messages: Vec<ChatCompletionRequestMessage>,
        mut show: impl FnMut(&str),
    ) -> Result<String> {
        let request = CreateChatCompletionRequestArgs::default()
            .model(&self.name)
            .messages(messages)
            .build()?;
        let context = || format!("the model `{}` can't answer", self.name);
        let mut stream = self
            .client
            .chat()
            .create_stream(request)
            .await
            .with_context(context)?;
        let mut text = String::new();
        let mut is_complete = false;
        while let Some(chunk) = stream.next().await {
            for choice in chunk.with_context(context)?.choices {
                is_complete |= choice.finish_reason.is_some();
                if let Some(piece) = choice.delta.content {
                    show(&piece);
                    text.push_str(&piece);
                }
            }
        }
        ensure!(
            is_complete,
            "the model `{}` broke off in the middle",
            self.name
        );
        Ok(text)
    }
}

/// What the model is told beside the conversation.
fn notes(brief: Brief<'_>) -> String {
    let mut notes = match brief.approved {
        Some(true) => "A colleague has approved the refund; the money is on its way.".to_owned(),
        Some(false) => "A colleague has declined the refund.".to_owned(),
        None => "Notes:".to_owned(),
    };
    for finding in brief.findings {
        // Writing to a `String` can't fail.
        let _ = write!(
            notes,
            "\n[{}, {}] {}",
            finding.source, finding.heading, finding.text
        );
    }
    notes
}

fn system(text: &str) -> ChatCompletionRequestMessage {
    ChatCompletionRequestSystemMessage::from(text).into()
}

fn user(text: &str) -> ChatCompletionRequestMessage {
    ChatCompletionRequestUserMessage::from(text).into()
}

fn said(message: &Message) -> ChatCompletionRequestMessage {
    match message.role {
        Role::Customer => user(&message.text),
        Role::Desk => ChatCompletionRequestAssistantMessage::from(message.text.as_str()).into(),
    }
}
