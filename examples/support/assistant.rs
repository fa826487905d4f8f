//! Who understands questions and words answers: rules, or a model if there is one.

use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::model::Model;
use crate::rules::Rules;
use crate::shelf::Finding;

/// What a customer wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topic {
    /// Money back.
    Refund,
    /// To know something.
    Question,
    /// To be greeted, or to say thanks.
    Smalltalk,
}

/// What an answer is made of.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    pub messages: &'a [Message],
    pub topic: Option<Topic>,
    pub findings: &'a [Finding],
    /// What a person has decided about a refund.
    pub approved: Option<bool>,
}

/// Rules, or a model.
#[derive(Debug)]
pub enum Assistant {
    Rules(Rules),
    Model(Box<Model>),
}

impl Assistant {
    /// What the customer wants.
    pub async fn classify(&self, question: &str) -> anyhow::Result<Topic> {
        match self {
            Self::Rules(rules) => Ok(rules.classify(question).await),
            Self::Model(model) => model.classify(question).await,
        }
    }

    /// The answer, shown piece by piece while it is worded.
    pub async fn answer(
        &self,
        brief: Brief<'_>,
        show: impl FnMut(&str) + Send,
    ) -> anyhow::Result<String> {
        match self {
            Self::Rules(rules) => Ok(rules.answer(brief, show).await),
            Self::Model(model) => model.answer(brief, show).await,
        }
    }
}
