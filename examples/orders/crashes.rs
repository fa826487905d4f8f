//! Orders that are killed wherever they can be killed, while time goes on.

use graph_runtime::testing::{Survived, TestClock, crash_everywhere};
use graph_runtime::{Clock as _, Error, MemorySaver, SystemClock};

use crate::Desk;
use crate::graph::orders::{Answer, Input, Node, Office, Order, Question};
use crate::post::Post;

async fn survives(
    total: u32,
    answer: impl Fn(&Question) -> Option<Answer> + Send,
    end: impl Fn(&Order) -> bool + Send,
) -> Survived {
    let clock = TestClock::at(SystemClock.now());
    crash_everywhere(
        |saver| {
            let office = Office { post: Post };
            let graph = Order::graph().context(office).checkpointer(saver);
            graph.clock(clock.clone()).build()
        },
        || Input::new("ada", total),
    )
    .answering(answer)
    .waiting_by(&clock)
    .after_each(move |order| assert!(end(order), "{order:?}"))
    .every(2)
    .await
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_order_arrives_wherever_it_is_killed() {
    let answer = |question: &Question| {
        Some(match question {
            Question::Approve(question) => question.answer(true),
            Question::Parcel(question) => question.answer("in the hall"),
        })
    };
    let arrived = |order: &Order| order.delivered.is_some() && order.reminders == 0;
    let survived = survives(1_200, answer, arrived).await;
    assert!(survived.calls > 10 && survived.polls > 10, "{survived:?}");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_nobody_answers_is_given_up_wherever_it_is_killed() {
    // A small favour is granted; the parcel is asked for three times.
    let given_up = |order: &Order| order.delivered.is_none() && order.reminders == 3;
    let survived = survives(700, |_| None, given_up).await;
    assert!(survived.calls > 20 && survived.polls > 20, "{survived:?}");
}

#[tokio::test]
async fn what_a_desk_was_killed_in_the_middle_of_is_taken_up_by_the_next_one() {
    let office = Office { post: Post };
    let graph = Order::graph().context(office);
    let desk = Desk {
        graph: graph.checkpointer(MemorySaver::new()).build(),
    };
    desk.hear("order bob 700").await.unwrap();
    let ada = desk.graph.thread("ada");
    // It stands as after a kill between packing and asking for the parcel.
    let broken_off = ada.invoke(Input::new("ada", 5)).step_limit(1).await;
    assert!(matches!(broken_off, Err(Error::StepLimit { .. })));
    assert_eq!(ada.state().await.unwrap().unwrap().next, [Node::Parcel]);
    desk.wake().await.unwrap();
    assert!(ada.questions().await.unwrap().is_empty(), "nothing is due");
    desk.take_up().await.unwrap();
    assert!(matches!(
        ada.questions().await.unwrap()[..],
        [Question::Parcel(_)]
    ));
    let bob = desk.graph.thread("bob").questions().await.unwrap();
    assert!(
        matches!(bob[..], [Question::Approve(_)]),
        "who waits goes on waiting"
    );
}
