//! The threads that wait for the disk, so that no executor's thread does.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use graph_runtime::StoreError;
use tokio::sync::oneshot;

/// How many things may wait for the disk at once.
const THREADS: usize = 4;

type Job = Box<dyn FnOnce() + Send>;

/// The threads of one handle and its clones. Dropping the last one waits until what was asked for is done.
pub(super) struct Workers {
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").finish_non_exhaustive()
    }
}

impl Workers {
    pub(super) fn start() -> Result<Self, StoreError> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let inbox = Arc::new(Mutex::new(inbox));
        let start = |_| {
            let inbox = Arc::clone(&inbox);
            thread::Builder::new()
                .name("graph-files".to_owned())
                .spawn(move || {
                    while let Some(job) = next(&inbox) {
                        job();
                    }
                })
        };
        let threads: Result<_, _> = (0..THREADS).map(start).collect();
        Ok(Self {
            jobs: Some(jobs),
            threads: threads.map_err(StoreError::unavailable)?,
        })
    }

    /// Has something done, to its end also where nobody waits for it any more.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Whoever asked may have lost interest.
            let _ = reply.send(work());
        });
        let lost = || StoreError::Unknown("the thread that works on the files has ended".into());
        self.jobs
            .as_ref()
            .and_then(|jobs| jobs.send(job).ok())
            .ok_or_else(lost)?;
        answer.await.map_err(|_| lost())?
    }
}

fn next(inbox: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    // One waits for the next job, the others for their turn to wait.
    let inbox = inbox.lock().unwrap_or_else(PoisonError::into_inner);
    inbox.recv().ok()
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A reply may wake a task that holds the last handle, on a worker's own thread.
            if thread.thread().id() != thread::current().id() {
                // A thread that panicked has nothing left to finish.
                let _ = thread.join();
            }
        }
    }
}
