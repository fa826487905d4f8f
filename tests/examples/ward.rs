//! The ward's book on two terminals, one of which is switched off.

use crate::program::Program;

pub(crate) async fn is_kept_on_two_terminals(store: &str, ward: &str) {
    let start =
        |name: &str| Program::start("handover", &[name, "--store", store, "--ward", ward], &[]);
    let mut ann = start("Ann");
    ann.until("the book is new").await;
    ann.say("add check the pump").await;
    ann.until("1 to do").await;
    ann.say("add call home").await;
    ann.until("2 to do").await;

    let mut ben = start("Ben");
    ben.until("1. check the pump (said Ann)\n2. call home (said Ann)\n")
        .await;
    ben.say("done 1").await;
    ben.until("1 to do").await;
    ben.say("strike 2").await;
    ben.until("Ben wants to strike out `call home`: is that right? (yes or no)")
        .await;
    // What one is asked the other may answer.
    ann.say("list").await;
    ann.until("Ben wants to strike out `call home`: is that right?")
        .await;
    ann.say("no").await;
    ann.until("it stays, 1 to do").await;
    ann.kill().await;

    // Both write at once, and neither is lost.
    let mut cy = start("Cy");
    cy.until("2. call home (said Ann)").await;
    for number in 0..5 {
        ben.say(&format!("add by ben {number}")).await;
        cy.say(&format!("add by cy {number}")).await;
    }
    for _ in 0..5 {
        ben.until("to do\n").await;
        cy.until("to do\n").await;
    }
    ben.say("list").await;
    ben.until("12. ").await;
    let (ben, cy) = (ben.finish().await, cy.finish().await);
    assert_eq!((ben.code, &*ben.complained), (Some(0), ""));
    assert_eq!((cy.code, &*cy.complained), (Some(0), ""));
    for number in 0..5 {
        for name in ["ben", "cy"] {
            assert!(
                ben.said.contains(&format!(". by {name} {number} (said")),
                "{}",
                ben.said
            );
        }
    }
}
