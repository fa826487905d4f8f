//! Rules that do without a model: the same question has the same answer.

use std::fmt::Write;
use std::time::Duration;

use graph_examples::words;

use crate::assistant::{Brief, Topic};
use crate::shelf::Finding;

const REFUND: &[&str] = &["refund", "reimburse", "reimbursement", "chargeback"];
const SMALLTALK: &[&str] = &[
    "hello", "hey", "thank", "bye", "goodbye", "morning", "evening",
];

#[derive(Debug)]
pub struct Rules {
    /// How long a word takes: rules are too fast to watch, or to be interrupted.
    pub pace: Duration,
}

impl Rules {
    pub async fn classify(&self, question: &str) -> Topic {
        tokio::time::sleep(self.pace).await;
        let said: Vec<_> = words::of(question).collect();
        let has = |known: &[&str]| said.iter().any(|word| known.contains(&word.as_str()));
        if has(REFUND) {
            Topic::Refund
        } else if said.is_empty() || (said.len() <= 2 && has(SMALLTALK)) {
            Topic::Smalltalk
        } else {
            Topic::Question
        }
    }

    pub async fn answer(&self, brief: Brief<'_>, mut show: impl FnMut(&str)) -> String {
        let text = compose(brief);
        for word in text.split_inclusive(' ') {
            tokio::time::sleep(self.pace).await;
            show(word);
        }
        text
    }
}

fn compose(brief: Brief<'_>) -> String {
    match (brief.topic, brief.approved, brief.findings) {
        (_, Some(true), _) => "Your money is on its way back.".to_owned(),
        (_, Some(false), _) => {
            "A colleague has looked at it, and we can't refund this one.".to_owned()
        }
        (Some(Topic::Smalltalk), ..) => {
            "At your service: ask how something works, or for a refund.".to_owned()
        }
        (_, _, []) => {
            "I have found nothing about that. Could you put it in other words?".to_owned()
        }
        (_, _, findings) => cite(findings),
    }
}

fn cite(findings: &[Finding]) -> String {
    let mut text = "This is what I have found:".to_owned();
    for Finding {
        source,
        heading,
        text: found,
    } in findings
    {
        let place = if heading.is_empty() {
            String::new()
        } else {
            format!(" ({heading})")
        };
        // Writing to a `String` can't fail.
        let _ = write!(text, "\n- {found} [{source}{place}]");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        pace: Duration::ZERO,
    };

    #[tokio::test]
    async fn what_customers_want() {
        for (question, topic) in [
            ("I want a refund", Topic::Refund),
            ("Refunds, please!", Topic::Refund),
            ("Where is my money?", Topic::Question),
            ("Hello there", Topic::Smalltalk),
            ("Thanks!", Topic::Smalltalk),
            ("Hello, how do I resume a thread?", Topic::Question),
            ("???", Topic::Smalltalk),
        ] {
            assert_eq!(RULES.classify(question).await, topic, "{question}");
        }
    }

    #[tokio::test]
    async fn an_answer_is_shown_as_it_is_worded() {
        let finding = Finding {
            source: "guide.md".to_owned(),
            heading: "Threads".to_owned(),
            text: "Call resume.".to_owned(),
        };
        let brief = Brief {
            messages: &[],
            topic: Some(Topic::Question),
            findings: &[finding],
            approved: None,
        };
        let mut shown = String::new();
        let text = RULES.answer(brief, |piece| shown.push_str(piece)).await;
        assert_eq!(text, shown);
        assert_eq!(
            text,
            "This is what I have found:\n- Call resume. [guide.md (Threads)]"
        );
    }
}
