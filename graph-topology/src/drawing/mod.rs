//! Drawings of a graph and of a run: points and lines first, then a language for them.

mod dot;
mod layout;
mod mermaid;
mod picture;
mod svg;
mod time;
mod trail;

use crate::model::Topology;
use picture::Picture;
pub use trail::{Meeting, Now, Step, Trail, Visit, Way};

/// A drawing of a graph, or of a run of it.
///
/// Nodes that run are boxes, those that ask are hexagons, those that wait for a time have corners cut off, and graphs
/// have a double border; a join is a dot. Ways with a guard and those of errors are dashed, those of a `for` are bold.
///
/// In the drawing of a run what it passed stands out and the rest is faint; nodes say how often and how long they
/// were active, ways how often they were taken, if more than once, and what is active, waits or has failed has a colour
/// and the word for it.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    topology: &'a Topology,
    trail: Option<&'a Trail>,
}

impl<'a> Drawing<'a> {
    /// Draws a run into the graph.
    #[must_use]
    pub fn with(self, trail: &'a Trail) -> Self {
        Self {
            trail: Some(trail),
            ..self
        }
    }

    /// As a Mermaid flowchart.
    pub fn mermaid(self) -> String {
        mermaid::write(&self.picture())
    }

    /// In the dot language of Graphviz.
    pub fn dot(self) -> String {
        dot::write(&self.picture())
    }

    /// As an SVG image.
    ///
    /// It needs nothing else, runs nothing, and takes the colour of the text around it; alone, it follows the theme
    /// of the reader. It holds no blank line, so that it can stand in Markdown.
    pub fn svg(self) -> String {
        svg::write(&self.picture())
    }

    fn picture(self) -> Picture<'a> {
        Picture::of(self.topology, self.trail)
    }
}

impl Topology {
    /// A drawing of the graph.
    pub fn drawing(&self) -> Drawing<'_> {
        Drawing {
            topology: self,
            trail: None,
        }
    }

    /// The graph as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        self.drawing().mermaid()
    }

    /// The graph in the dot language of Graphviz.
    pub fn dot(&self) -> String {
        self.drawing().dot()
    }

    /// The graph as an SVG image.
    pub fn svg(&self) -> String {
        self.drawing().svg()
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
