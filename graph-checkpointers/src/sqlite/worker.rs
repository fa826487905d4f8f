//! A thread that owns a connection: takes what is asked, does it in transactions, and answers.

use std::fmt;
use std::iter;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use graph_runtime::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::database::{self, Location};
use super::failure::{Failure, explain, explain_commit};

/// What a worker is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// One at a time over all processes, and what waits together is synced together.
    Writer,
    /// Each request sees one state of the database, whatever is written meanwhile.
    Reader,
}

impl Role {
    fn begin(self) -> &'static str {
        match self {
            // Asking for the lock at once is what waits in line; asking later fails instead.
            Self::Writer => "BEGIN IMMEDIATE",
            Self::Reader => "BEGIN DEFERRED",
        }
    }

    /// How many requests share a transaction: enough to share a sync, few enough for other processes.
    fn group(self) -> usize {
        match self {
            Self::Writer => 256,
            Self::Reader => 1,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Writer => "sqlite-writer",
            Self::Reader => "sqlite-reader",
        }
    }

    /// The thread went away with the request in hand.
    fn lost(self) -> StoreError {
        match self {
            Self::Writer => {
                StoreError::Unknown("the writer's thread ended before its reply".into())
            }
            Self::Reader => StoreError::unavailable("the reader's thread has ended"),
        }
    }
}

/// A handle to the thread. Dropping it lets the thread finish what it was asked, and waits for that.
pub(super) struct Worker {
    role: Role,
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl Worker {
    /// Starts the thread and waits until its connection is open.
    pub(super) async fn start(role: Role, location: Location) -> Result<Self, StoreError> {
        let (jobs, inbox) = mpsc::channel();
        let (opened, opening) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(role.name().to_owned())
            .spawn(move || match database::open(role, &location) {
                Ok(connection) => {
                    // Nobody may be waiting any more; then the inbox is closed too.
                    let _ = opened.send(Ok(()));
                    Desk {
                        role,
                        location,
                        connection,
                    }
                    .serve(&inbox);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            })
            .map_err(StoreError::unavailable)?;
        let worker = Self {
            role,
            jobs: Some(jobs),
            thread: Some(thread),
        };
        opening.await.map_err(|_| role.lost())??;
        Ok(worker)
    }

    /// Has something done in a transaction, and waits for its end. The work may be done twice, the first
    /// time undone.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work,
            outcome: None,
            reply,
        };
        self.jobs
            .as_ref()
            .and_then(|jobs| jobs.send(Box::new(task)).ok())
            .ok_or_else(|| {
                StoreError::unavailable(format!("the thread {} has ended", self.role.name()))
            })?;
        answer.await.map_err(|_| self.role.lost())?
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        // A reply may wake a task that holds the last handle, on the worker's own thread.
        let other = |thread: &JoinHandle<()>| thread.thread().id() != thread::current().id();
        if let Some(thread) = self.thread.take().filter(other) {
            // A thread that panicked has nothing left to finish.
            let _ = thread.join();
        }
    }
}

/// Something to do in a transaction.
trait Job: Send {
    /// Does it. An error is one that spoils the transaction.
    fn work(&mut self, connection: &Connection) -> rusqlite::Result<()>;

    /// Tells whoever waits, after the transaction has ended, and how.
    fn reply(self: Box<Self>, ended: Result<(), StoreError>);
}

struct Task<T, W> {
    work: W,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W: Fn(&Connection) -> Result<T, Failure> + Send> Job for Task<T, W> {
    fn work(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.outcome = Some(match (self.work)(connection) {
            Ok(done) => Ok(done),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Broken(error)) => return Err(error),
        });
        Ok(())
    }

    fn reply(self: Box<Self>, ended: Result<(), StoreError>) {
        let Self { outcome, reply, .. } = *self;
        let outcome = match (ended, outcome) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(outcome)) => outcome,
            // Never done, so never replied to: whoever waits is told by the dropped reply.
            (Ok(()), None) => return,
        };
        // Whoever asked may have lost interest.
        let _ = reply.send(outcome);
    }
}

/// The thread's side.
struct Desk {
    role: Role,
    location: Location,
    connection: Connection,
}

impl Desk {
    fn serve(&self, inbox: &mpsc::Receiver<Box<dyn Job>>) {
        while let Ok(first) = inbox.recv() {
            let others = inbox.try_iter().take(self.role.group() - 1);
            self.settle(iter::once(first).chain(others).collect());
        }
    }

    /// Does a group of jobs in one transaction and replies to each.
    fn settle(&self, mut group: Vec<Box<dyn Job>>) {
        if let Err(error) = self.execute(self.role.begin()) {
            for job in group {
                job.reply(Err(explain(&error, &self.location)));
            }
            return;
        }
        match self.attempt(&mut group) {
            Ok(()) => group.into_iter().for_each(|job| job.reply(Ok(()))),
            Err(error) => {
                self.roll_back();
                self.tell_apart(group, error);
            }
        }
    }

    fn attempt(&self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        for job in group {
            job.work(&self.connection)
                .map_err(|error| explain(&error, &self.location))?;
        }
        self.execute("COMMIT")
            .map_err(|error| explain_commit(error, &self.location))
    }

    /// One job of a failed group spoiled it for the others; each by itself shows which.
    fn tell_apart(&self, group: Vec<Box<dyn Job>>, error: StoreError) {
        match <[_; 1]>::try_from(group) {
            Ok([job]) => job.reply(Err(error)),
            Err(group) => group.into_iter().for_each(|job| self.settle(vec![job])),
        }
    }

    fn roll_back(&self) {
        // Some errors have ended the transaction already.
        if !self.connection.is_autocommit() {
            // If this fails too, the next `BEGIN` says so to whoever asks.
            let _ = self.execute("ROLLBACK");
        }
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute(()).map(drop)
    }
}
