//! Sessions of users: found again over restarts, cleared away when they are a month old.

use crate::program::run;

#[tokio::test]
async fn sessions_are_found_again_until_they_are_a_month_old() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db").display().to_string();
    let args = ["--db", &*db];

    let first = run(
        "sessions",
        &args,
        "ada: rain\nada: wind\nbob: hail\nrate ada\nsession ada\nlist\nnonsense\nrate ada many\n",
    )
    .await;
    assert_eq!((first.code, &*first.complained), (Some(0), ""));
    let lines: Vec<_> = first.said.lines().collect();
    assert_eq!(lines[0], "desk: welcome; what about `rain`?");
    assert_eq!(lines[1], "desk: after one word more, `wind`");
    assert_eq!(lines[2], "desk: welcome; what about `hail`?");
    assert_eq!(lines[3], "how many stars for the chat?");
    let session = lines[4];
    assert!(session.starts_with("ada talks on "));
    assert!(lines[5].starts_with("chat ") && lines[7].starts_with("survey "));
    assert!(lines[8].starts_with("say `USER: TEXT`"));
    assert!(lines[9].starts_with("! how many?"));

    let second = run(
        "sessions",
        &args,
        "session ada\nrate ada 5\nlater 29\nclean\nada: hail\nlater 2\nclean\nlist\nsession bob\nbob: fog\n",
    )
    .await;
    assert_eq!((second.code, &*second.complained), (Some(0), ""));
    let lines: Vec<_> = second.said.lines().collect();
    assert_eq!(lines[..2], [session, "5 stars, thank you"]);
    assert_eq!(lines[3], "0 sessions deleted, 0 moments of others");
    assert_eq!(lines[4], "desk: after 2 words more, `hail`");
    assert_eq!(lines[6], "2 sessions deleted, 0 moments of others");
    assert!(lines[7].starts_with("chat ") && lines[8].starts_with("bob talks on "));
    assert_eq!(lines[9], "desk: welcome; what about `fog`?");
}
