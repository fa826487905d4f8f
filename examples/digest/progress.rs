//! How far the reading is: a bar where there is a terminal, a line a file where there isn't.

use std::io;

use graph_examples::terminal::Terminal;
use graph_runtime::prelude::*;
use indicatif::{ProgressBar, ProgressStyle};

use crate::graph::digest::{Digest, Node};

/// What is shown of a run.
pub struct Progress<'a> {
    terminal: &'a mut Terminal,
    files: &'a [String],
    bar: Option<ProgressBar>,
}

impl<'a> Progress<'a> {
    pub fn new(terminal: &'a mut Terminal, files: &'a [String]) -> Self {
        Self {
            terminal,
            files,
            bar: None,
        }
    }

    pub fn show(&mut self, event: &Event<Digest>) -> io::Result<()> {
        match *event {
            Event::Started {
                node: Node::Read, ..
            } => self.bar().tick(),
            // An earlier run has read it.
            Event::Kept {
                node: Node::Read, ..
            } => self.bar().inc(1),
            Event::Finished {
                node: Node::Read,
                item: Some(item),
                ..
            } => {
                let file = self.files.get(item as usize).map_or("", String::as_str);
                if self.terminal.is_live() {
                    self.bar().set_message(file.to_owned());
                    self.bar().inc(1);
                } else {
                    self.terminal.progress(format_args!("read {file}"))?;
                }
            }
            Event::Started { node, .. } => {
                self.bar = None;
                self.terminal.progress(node)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn bar(&mut self) -> &ProgressBar {
        self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{bar:40.cyan} {pos}/{len} {msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            // Where there is no terminal it draws nothing.
            ProgressBar::new(self.files.len() as u64).with_style(style)
        })
    }
}
