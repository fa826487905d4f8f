//! The briefing on topics.

use std::fs;

use tempfile::TempDir;

use crate::program::{Ended, run};

const TEXT: &str =
    "Bees make honey. A hive has one queen. Drones do no work! Honey keeps for years.";

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("bees.txt"), TEXT).unwrap();
        Self(place)
    }

    async fn run(&self, topics: &[&str], input: &str) -> Ended {
        let path = |name: &str| self.0.path().join(name).display().to_string();
        let (text, db) = (path("bees.txt"), path("research.db"));
        let args = [&[text.as_str()][..], topics, &["--db", &db]].concat();
        run("research", &args, input).await
    }
}

#[tokio::test]
async fn topics_become_a_briefing() {
    let ended = Place::new().run(&["honey", "queen"], "").await;
    assert_eq!((ended.code, ended.complained.as_str()), (Some(0), ""));
    let briefing = "# honey\n\n- Bees make honey.\n- Honey keeps for years.\n\n# queen\n\n- A hive has one queen.\n\n3 sentences quoted.\n";
    assert!(ended.said.ends_with(briefing), "{}", ended.said);
    assert!(ended.said.contains("· topic 2: search\n"), "{}", ended.said);
}

#[tokio::test]
async fn what_is_not_found_is_asked_for_also_after_a_restart() {
    let place = Place::new();
    let topics = ["idlers", "honey", "wasps"];
    let ended = place.run(&topics, "drones\n").await;
    assert_eq!(ended.code, Some(0), "{}", ended.complained);
    assert!(
        ended
            .said
            .ends_with("The questions stay open; start again to answer them.\n"),
        "{}",
        ended.said
    );
    let ended = place.run(&topics, "drones\nhornets\n").await;
    assert!(
        ended.said.starts_with("Going on where it was left.\n"),
        "{}",
        ended.said
    );
    assert!(
        !ended.said.contains(": search\n"),
        "looked up twice:\n{}",
        ended.said
    );
    let briefing = "# idlers (drones)\n\n- Drones do no work!\n\n# honey\n\n- Bees make honey.\n- Honey keeps for years.\n\n# wasps (hornets)\n\nNothing is said about it.\n\n3 sentences quoted.\n";
    assert!(ended.said.ends_with(briefing), "{}", ended.said);
}

#[tokio::test]
async fn a_text_that_is_not_there_is_said() {
    let place = Place::new();
    fs::remove_file(place.0.path().join("bees.txt")).unwrap();
    let ended = place.run(&["honey"], "").await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.complained.contains("bees.txt can't be read"),
        "{}",
        ended.complained
    );
}
