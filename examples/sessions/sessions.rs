//! The sessions of users: where each finds theirs again, and when they are cleared away.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use graph_checkpointers::SqliteSaver;
use graph_runtime::{
    Clock, Graph, Keep, Outcome, Page, Retention, StateGraph, Swept, SystemClock, Thread, Timestamp,
};

use crate::graph::chat::{self, Chat};
use crate::graph::survey::{self, Survey};

const DAY: Duration = Duration::from_hours(24);

/// The machine's clock, which can be turned forward: nobody waits a month to see what is cleared away.
#[derive(Clone, Default)]
pub struct Calendar {
    ahead: Arc<AtomicU64>,
}

impl Calendar {
    /// Lets days pass.
    pub fn turn(&self, days: u32) {
        let micros = u64::try_from((DAY * days).as_micros()).unwrap_or(u64::MAX);
        self.ahead.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for Calendar {
    fn now(&self) -> Timestamp {
        let ahead = Duration::from_micros(self.ahead.load(Ordering::Relaxed));
        SystemClock.now().saturating_add(ahead)
    }
}

/// Two graphs on one database.
pub struct Sessions {
    chats: Graph<Chat>,
    surveys: Graph<Survey>,
}

impl Sessions {
    /// Opens the database, and makes it where it is missing.
    pub async fn open(db: &Path, calendar: &Calendar) -> Result<Self> {
        let saver = Arc::new(SqliteSaver::open(db).await?);
        Ok(Self {
            chats: Chat::graph()
                .clock(calendar.clone())
                .checkpointer(Arc::clone(&saver))
                .build(),
            surveys: Survey::graph()
                .clock(calendar.clone())
                .checkpointer(saver)
                .build(),
        })
    }

    /// The session of a user: the one that they had, or a new one.
    pub async fn create_session(&self, user: &str) -> Result<Thread<Chat>> {
        Ok(self.chats.thread_of(user).await?)
    }

    /// Says something in it, and gives what is said back.
    pub async fn say(&self, user: &str, text: &str) -> Result<String> {
        let session = self.create_session(user).await?;
        let outcome = session.invoke(chat::Input::new().said(text)).await?;
        let output = outcome.done().context("a conversation asks nothing")?;
        Ok(output.messages.last().cloned().unwrap_or_default())
    }

    /// Asks how it was, or takes what somebody answers.
    pub async fn rate(&self, user: &str, stars: Option<u8>) -> Result<String> {
        let survey = self.surveys.thread_of(user).await?;
        let open = survey.questions().await?;
        let outcome = match (open.first(), stars) {
            (Some(survey::Question::Ask(question)), Some(stars)) => {
                survey.answer(question.answer(stars)).await?
            }
            (Some(survey::Question::Ask(question)), None) => return Ok(question.question.clone()),
            (None, _) => survey.invoke(survey::Input::new("the chat")).await?,
        };
        Ok(match outcome {
            Outcome::Done(output) => format!("{} stars, thank you", output.stars.unwrap_or(0)),
            Outcome::Paused(pause) => match pause.questions().first() {
                Some(survey::Question::Ask(question)) => question.question.clone(),
                None => "later".to_owned(),
            },
        })
    }

    /// Clears away what nobody has touched for 30 days, and the beginnings of what is very long.
    pub async fn clean(&self) -> Result<[Swept; 2]> {
        let retention = Retention::new()
            .keep(Keep::last(20).and_younger_than(7 * DAY))
            .time_to_live(30 * DAY);
        Ok([
            self.chats.sweep(&retention).await?,
            self.surveys.sweep(&retention).await?,
        ])
    }

    /// Each session with how much is stored of it, of both graphs.
    pub async fn list(&self) -> Result<Vec<String>> {
        let mut lines = listed(&self.chats).await?;
        lines.extend(listed(&self.surveys).await?);
        Ok(lines)
    }
}

async fn listed<G: StateGraph>(graph: &Graph<G>) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for id in graph.threads(&Page::default()).await? {
        let usage = graph.thread(id.as_str()).usage().await?;
        lines.push(format!(
            "{} {id}: {} records, {} bytes",
            G::ID,
            usage.records,
            usage.bytes
        ));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_is_found_again_until_it_is_a_month_old() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let db = folder.path().join("sessions.db");
        let calendar = Calendar::default();
        let sessions = Sessions::open(&db, &calendar).await?;
        sessions.say("ada", "rain").await?;
        sessions.say("bob", "wind").await?;
        sessions.rate("ada", None).await?;
        let ada = sessions.create_session("ada").await?.id().to_owned();
        calendar.turn(20);
        sessions.say("bob", "hail").await?;
        calendar.turn(11);
        let [chats, surveys] = sessions.clean().await?;
        assert_eq!((chats.deleted, surveys.deleted), (1, 1));
        assert_eq!(sessions.list().await?.len(), 1);
        // Over a restart, too: whoever comes back too late begins anew, and the others go on.
        let sessions = Sessions::open(&db, &calendar).await?;
        assert_ne!(sessions.create_session("ada").await?.id(), ada);
        assert!(sessions.say("ada", "rain").await?.contains("welcome"));
        assert!(sessions.say("bob", "snow").await?.contains("after 2 words"));
        Ok(())
    }

    #[tokio::test]
    async fn a_long_session_keeps_its_end() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let calendar = Calendar::default();
        let sessions = Sessions::open(&folder.path().join("sessions.db"), &calendar).await?;
        for day in 0..30 {
            sessions.say("ada", &format!("day {day}")).await?;
        }
        calendar.turn(8);
        let [chats, _] = sessions.clean().await?;
        assert_eq!((chats.deleted, chats.pruned), (0, 1));
        let session = sessions.create_session("ada").await?;
        assert_eq!(session.history().await?.len(), 20);
        assert!(
            sessions
                .say("ada", "again")
                .await?
                .contains("after 30 words")
        );
        Ok(())
    }
}
