//! Numbers about runs, for the recorder that a program installs with the crate `metrics`. Without the feature
//! `metrics` nothing is counted and nothing is timed. Their names are listed for users in `metrics.md`, which is a part of
//! the crate's docs.

/// Whether anything is counted.
pub(crate) const ON: bool = cfg!(feature = "metrics");

/// When something began, if that is to be known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed(#[cfg(feature = "metrics")] std::time::Instant);

#[cfg(feature = "metrics")]
mod counted {
    use metrics::{counter, histogram};

    use super::Timed;

    impl Timed {
        pub(crate) fn begin() -> Self {
            Self(std::time::Instant::now())
        }
    }

    pub(crate) fn run(graph: &'static str, outcome: &'static str) {
        counter!("graph_runs_total", "graph" => graph, "outcome" => outcome).increment(1);
    }

    pub(crate) fn step(graph: &'static str) {
        counter!("graph_steps_total", "graph" => graph).increment(1);
    }

    pub(crate) fn node(graph: &'static str, node: &'static str, timed: Timed) {
        histogram!("graph_node_seconds", "graph" => graph, "node" => node)
            .record(timed.0.elapsed());
    }

    pub(crate) fn failure(graph: &'static str, node: &'static str) {
        counter!("graph_node_failures_total", "graph" => graph, "node" => node).increment(1);
    }

    pub(crate) fn retry(graph: &'static str, node: &'static str) {
        counter!("graph_node_retries_total", "graph" => graph, "node" => node).increment(1);
    }

    pub(crate) fn commit(graph: &'static str, timed: Timed, bytes: usize, stored: bool) {
        let stored_label = if stored { "true" } else { "false" };
        histogram!("graph_commit_seconds", "graph" => graph, "stored" => stored_label)
            .record(timed.0.elapsed());
        if stored {
            #[allow(clippy::cast_precision_loss)] // nobody counts 2^53 bytes one by one
            histogram!("graph_commit_bytes", "graph" => graph).record(bytes as f64);
        }
    }
}

#[cfg(not(feature = "metrics"))]
mod counted {
    use super::Timed;

    impl Timed {
        #[inline]
        pub(crate) fn begin() -> Self {
            Self()
        }
    }

    #[inline]
    pub(crate) fn run(_graph: &'static str, _outcome: &'static str) {}

    #[inline]
    pub(crate) fn step(_graph: &'static str) {}

    #[inline]
    pub(crate) fn node(_graph: &'static str, _node: &'static str, _timed: Timed) {}

    #[inline]
    pub(crate) fn failure(_graph: &'static str, _node: &'static str) {}

    #[inline]
    pub(crate) fn retry(_graph: &'static str, _node: &'static str) {}

    #[inline]
    pub(crate) fn commit(_graph: &'static str, _timed: Timed, _bytes: usize, _stored: bool) {}
}

pub(crate) use counted::{commit, failure, node, retry, run, step};
