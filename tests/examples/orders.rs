//! The order desk: deadlines, events from outside, and a scheduler, over a restart.

use crate::program::Program;

#[tokio::test]
async fn orders_go_on_by_a_word_by_an_event_or_by_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("orders.db").display().to_string();
    let start = || Program::start("orders", &["--db", &db], &[]);

    let mut desk = start();
    desk.say("order ada 700").await;
    desk.until("ada: may 700 go on account? yes or no, until")
        .await;
    desk.say("order bob 2000").await;
    desk.until("bob: may 2000 go on account?").await;
    desk.say("order cy 900").await;
    desk.until("cy: may 900 go on account?").await;
    desk.say("yes cy").await;
    desk.until("to cy: your order is packed").await;
    desk.until("cy: where was the parcel left?").await;
    // Killed while all of them wait; what has come due meanwhile is done when it is started again.
    desk.kill().await;

    let mut desk = start();
    desk.until("to ada: your order is packed").await;
    desk.until("to bob: we are sorry").await;
    desk.until("bob is done").await;
    desk.say("yes ada").await;
    desk.until("! nobody has asked about ada").await;
    desk.say("delivered cy in the hall").await;
    desk.until("to cy: your parcel is in the hall; how do you like it?")
        .await;
    desk.until("cy is done").await;
    // Nobody delivers ada's parcel.
    desk.until("to ada: we are sorry").await;
    desk.until("ada is done").await;
    let ended = desk.finish().await;
    assert_eq!((ended.code, &*ended.complained), (Some(0), ""));
    let reminded = ended
        .said
        .matches("to the carrier: where is the parcel for ada?")
        .count();
    assert_eq!(reminded, 3);
}
