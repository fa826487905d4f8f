//! A book whose terminals are switched off wherever that can happen.

use graph_runtime::testing::crash_everywhere;

use crate::graph::Line;
use crate::graph::handover::{Book, Input, Question};

#[tokio::test]
async fn a_line_is_written_whoever_pulls_the_plug() {
    let line = |text: &str| {
        let (by, text) = ("Ann".to_owned(), text.to_owned());
        Input::new().line(Line { by, text })
    };
    for text in ["add check the pump", "list", "strike 1"] {
        let survived = crash_everywhere(
            |saver| Book::graph().checkpointer(saver).build(),
            || line(text),
        )
        .answering(|question| {
            let Question::Agree(question) = question;
            Some(question.answer(true))
        })
        .await
        .unwrap();
        assert!(survived.calls > 2, "{survived:?}");
    }
}
