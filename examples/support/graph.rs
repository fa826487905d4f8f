//! The graph: how a message becomes an answer.

use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::assistant::{Assistant, Brief, Topic};
use crate::ledger::Ledger;
use crate::message::{Message, unanswered};
use crate::shelf::{Finding, Shelf};

/// What a person is asked before money is paid back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundQuestion {
    pub reason: String,
}

/// Answers a customer; a person has the last word on refunds.
#[graph(id = "support")]
pub mod support {
    use super::*;

    /// What is known of a conversation.
    #[state]
    #[derive(Default)]
    pub struct Support {
        /// Everything that was said.
        #[input]
        #[reduce(append)]
        pub messages: Vec<Message>,
        /// What the customer wants this time.
        #[scope(run)]
        pub topic: Option<Topic>,
        /// What was found about it.
        #[scope(run)]
        #[reduce(append)]
        pub findings: Vec<Finding>,
        /// What a person has decided.
        #[scope(run)]
        pub approved: Option<bool>,
        /// How often money was paid back.
        #[reduce(sum)]
        pub refunds: u32,
    }

    /// What the nodes use; no moment stores it.
    #[context]
    pub struct Desk {
        pub assistant: Assistant,
        pub guides: Shelf,
        pub sources: Shelf,
        pub ledger: Ledger,
    }

    edges! {
        start -> classify -> match state.topic {
            Some(Topic::Refund) => approve,
            Some(Topic::Question) => {search_guides, search_sources},
            Some(Topic::Smalltalk) | None => answer,
        };
        approve -> if state.approved == Some(true) { refund } else { answer };
        refund -> answer;
        /// Answers once both have looked.
        {search_guides, search_sources} -> answer;
        answer -> end;
    }

    #[node(writes(topic))]
    async fn classify(
        messages: &[Message],
        assistant: &Assistant,
    ) -> anyhow::Result<Option<Topic>> {
        assistant.classify(&unanswered(messages)).await.map(Some)
    }

    #[node(writes(findings))]
    fn search_guides(messages: &[Message], guides: &Shelf) -> Vec<Finding> {
        guides.search(&unanswered(messages), 2)
    }

    #[node(writes(findings))]
    fn search_sources(messages: &[Message], sources: &Shelf) -> Vec<Finding> {
        sources.search(&unanswered(messages), 2)
    }

    /// The run stops here until somebody answers, be it days later.
    #[ask(into = approved)]
    fn approve(messages: &[Message]) -> RefundQuestion {
        RefundQuestion {
            reason: unanswered(messages),
        }
    }

    /// Should a crash make this node run again, the key is the same, and nothing is paid twice.
    #[node(writes(refunds))]
    async fn refund(messages: &[Message], ledger: &Ledger, run: &Run) -> anyhow::Result<u32> {
        let key = run.idempotency_key().await?;
        ledger.pay(&key, &unanswered(messages)).await?;
        Ok(1)
    }

    #[node(writes(messages))]
    async fn answer(state: &Support, assistant: &Assistant, run: &Run) -> anyhow::Result<Message> {
        let text = assistant
            .answer(state.brief(), |piece| run.emit(piece))
            .await?;
        Ok(Message::from_desk(text))
    }

    impl Support {
        fn brief(&self) -> Brief<'_> {
            Brief {
                messages: &self.messages,
                topic: self.topic,
                findings: &self.findings,
                approved: self.approved,
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use std::time::Duration;

        use super::*;
        use crate::rules::Rules;

        fn about(topic: Topic) -> Support {
            Support {
                topic: Some(topic),
                ..Support::default()
            }
        }

        #[test]
        fn a_topic_leads_on() {
            assert_eq!(
                Node::route_from_start(&Support::default()),
                [Node::Classify]
            );
            assert_eq!(
                Node::Classify.route(&about(Topic::Smalltalk)),
                [Node::Answer]
            );
            assert_eq!(Node::Classify.route(&about(Topic::Refund)), [Node::Approve]);
            let searches = [Node::SearchGuides, Node::SearchSources];
            assert_eq!(Node::Classify.route(&about(Topic::Question)), searches);
        }

        #[test]
        fn money_needs_a_yes() {
            for (approved, next) in [
                (Some(true), Node::Refund),
                (Some(false), Node::Answer),
                (None, Node::Answer),
            ] {
                let state = Support {
                    approved,
                    ..about(Topic::Refund)
                };
                assert_eq!(Node::Approve.route(&state), [next]);
            }
        }

        #[tokio::test]
        async fn nodes_are_plain_functions() {
            let assistant = Assistant::Rules(Rules {
                pace: Duration::ZERO,
            });
            let said = [Message::from_customer("I want a refund")];
            assert_eq!(
                classify(&said, &assistant).await.unwrap(),
                Some(Topic::Refund)
            );
            assert_eq!(
                approve(&said),
                RefundQuestion {
                    reason: "I want a refund".to_owned()
                }
            );
            assert_eq!(search_guides(&said, &Shelf::default()), []);
        }
    }
}
