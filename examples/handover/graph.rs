//! The book of a ward: who comes on duty reads what is to be done, ticks it off, adds to it. What is to be struck out
//! needs a second word, from whoever is there.

use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// What somebody says to the book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub by: String,
    pub text: String,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub text: String,
    pub by: String,
    /// Who has done it.
    pub done: Option<String>,
}

/// What a line wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    Add(String),
    /// A task by its number, from 1.
    Tick(usize),
    Strike(usize),
    Look,
}

#[graph(id = "handover")]
pub mod handover {
    use super::*;

    #[state]
    #[derive(Debug)]
    pub struct Book {
        #[input]
        pub line: Line,
        #[scope(run)]
        pub wish: Option<Wish>,
        pub tasks: Vec<Task>,
        pub agreed: Option<bool>,
        /// What the book answers.
        #[scope(run)]
        pub answer: String,
    }

    edges! {
        start -> read -> match state.wish {
            Some(Wish::Add(_)) => add,
            Some(Wish::Tick(_)) => tick,
            Some(Wish::Strike(_)) => agree,
            Some(Wish::Look) | None => look,
        };
        agree -> if state.agreed == Some(true) { strike } else { look };
        add | tick | strike | look -> end;
    }

    #[node(writes(wish))]
    fn read(line: &Line, tasks: &[Task]) -> Option<Wish> {
        let (word, rest) = line.text.split_once(' ').unwrap_or((&line.text, ""));
        let number = rest.parse().ok();
        let known = number.filter(|number| (1..=tasks.len()).contains(number));
        match word {
            "add" if !rest.is_empty() => Some(Wish::Add(rest.to_owned())),
            "done" => known.map(Wish::Tick),
            "strike" => known.map(Wish::Strike),
            "list" => Some(Wish::Look),
            _ => None,
        }
    }

    #[node(writes(tasks, answer))]
    fn add(wish: Option<&Wish>, line: &Line, tasks: &[Task]) -> (Vec<Task>, String) {
        let mut tasks = tasks.to_vec();
        if let Some(Wish::Add(text)) = wish {
            tasks.push(Task {
                text: text.clone(),
                by: line.by.clone(),
                done: None,
            });
        }
        let answer = format!("{} to do", open(&tasks));
        (tasks, answer)
    }

    #[node(writes(tasks, answer))]
    fn tick(wish: Option<&Wish>, line: &Line, tasks: &[Task]) -> (Vec<Task>, String) {
        let mut tasks = tasks.to_vec();
        if let Some(Wish::Tick(number)) = wish
            && let Some(task) = tasks.get_mut(number - 1)
        {
            task.done = Some(line.by.clone());
        }
        let answer = format!("{} to do", open(&tasks));
        (tasks, answer)
    }

    #[ask(into = agreed)]
    fn agree(wish: Option<&Wish>, line: &Line, tasks: &[Task]) -> String {
        let struck = match wish {
            Some(Wish::Strike(number)) => tasks.get(number - 1),
            _ => None,
        };
        let what = struck.map_or("nothing", |task| &task.text);
        format!("{} wants to strike out `{what}`: is that right?", line.by)
    }

    #[node(writes(tasks, answer))]
    fn strike(wish: Option<&Wish>, tasks: &[Task]) -> (Vec<Task>, String) {
        let mut tasks = tasks.to_vec();
        if let Some(Wish::Strike(number)) = wish {
            tasks.remove(number - 1);
        }
        let answer = format!("struck out, {} to do", open(&tasks));
        (tasks, answer)
    }

    #[node(writes(answer))]
    fn look(wish: Option<&Wish>, tasks: &[Task]) -> String {
        match wish {
            None => "say `add TEXT`, `done NUMBER`, `strike NUMBER` or `list`".to_owned(),
            Some(Wish::Strike(_)) => format!("it stays, {} to do", open(tasks)),
            Some(_) => list(tasks),
        }
    }
}

fn open(tasks: &[Task]) -> usize {
    tasks.iter().filter(|task| task.done.is_none()).count()
}

/// The book as it is read.
pub fn list(tasks: &[Task]) -> String {
    if tasks.is_empty() {
        return "nothing to do".to_owned();
    }
    let line = |(number, task): (usize, &Task)| match &task.done {
        None => format!("{number}. {} (said {})", task.text, task.by),
        Some(who) => format!("{number}. {} (done by {who})", task.text),
    };
    let lines: Vec<_> = (1..).zip(tasks).map(line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::handover::{Book, Node};
    use super::{Line, Task, Wish, list};

    fn task(text: &str, done: Option<&str>) -> Task {
        Task {
            text: text.to_owned(),
            by: "Ann".to_owned(),
            done: done.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_struck_out_needs_a_second_word() {
        let mut book = Book {
            line: Line::default(),
            wish: Some(Wish::Strike(1)),
            tasks: vec![task("check the pump", None)],
            agreed: None,
            answer: String::new(),
        };
        assert_eq!(Node::Read.route(&book), [Node::Agree]);
        assert_eq!(Node::Agree.route(&book), [Node::Look]);
        book.agreed = Some(true);
        assert_eq!(Node::Agree.route(&book), [Node::Strike]);
    }

    #[test]
    fn a_book_is_read_from_the_top() {
        assert_eq!(list(&[]), "nothing to do");
        let tasks = [task("check the pump", Some("Ben")), task("call home", None)];
        assert_eq!(
            list(&tasks),
            "1. check the pump (done by Ben)\n2. call home (said Ann)"
        );
    }
}
