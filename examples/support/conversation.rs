//! A conversation in the terminal: lines in, answers out, one thread for each customer.

use anyhow::{Result, bail};
use graph_examples::terminal::Terminal;
use graph_runtime::{Error, Event, Invocation, Moment, Thread};

use crate::graph::support::{Input, Node, Question, Support};
use crate::message::{Message, unanswered};

/// Talks until the input ends.
pub async fn talk(thread: &Thread<Support>, terminal: &mut Terminal) -> Result<()> {
    let mut run = pick_up(thread, terminal).await?;
    let mut is_answered = true;
    loop {
        if let Some(run) = run.take() {
            is_answered = attempt(run, terminal).await?;
        }
        run = match thread.questions().await?.first() {
            Some(Question::Approve(question)) => {
                let asked = format!("A customer wrote: \"{}\". Pay back?", question.reason);
                let Some(approved) = terminal.ask_yes_or_no(asked)? else {
                    return Ok(terminal.note("The question stays open; start again to answer it.")?);
                };
                Some(thread.answer(question.answer(approved)))
            }
            None => match terminal.ask(">")? {
                Some(line) if line.is_empty() => (!is_answered).then(|| thread.resume()),
                Some(line) => {
                    let input = Input::new().messages([Message::from_customer(line)]);
                    // What is new may be about something else than what failed, so it is looked at from the start.
                    Some(if is_answered {
                        thread.invoke(input)
                    } else {
                        thread.from_start(input)
                    })
                }
                None if is_answered => return Ok(()),
                None => bail!("the last message has no answer yet; start again to go on with it"),
            },
        };
    }
}

/// Says where the conversation stands, and goes on with what was interrupted.
async fn pick_up(
    thread: &Thread<Support>,
    terminal: &mut Terminal,
) -> Result<Option<Invocation<Support>>> {
    let Some(Moment { state, next, .. }) = thread.state().await? else {
        terminal.note("A new conversation. Ask how something works, or for a refund.")?;
        return Ok(None);
    };
    if next.is_empty() {
        terminal.note("Welcome back. The last answer was:")?;
        terminal.say(state.messages.last().map_or("", |message| &message.text))?;
        Ok(None)
    } else if !thread.questions().await?.is_empty() {
        terminal.note("Welcome back. You were asked something:")?;
        Ok(None)
    } else {
        let (message, next) = (unanswered(&state.messages), names(&next));
        terminal.note(format_args!(
            "Welcome back. Going on at {next} with: {message}"
        ))?;
        Ok(Some(thread.resume()))
    }
}

/// Shows a run. A node that fails is no reason to leave: the thread is kept, and can be tried again.
async fn attempt(run: Invocation<Support>, terminal: &mut Terminal) -> Result<bool> {
    let Err(error) = show(run, terminal).await else {
        return Ok(true);
    };
    match error.downcast()? {
        Error::Node { source, .. } => {
            let error = anyhow::Error::new(source);
            terminal.note(format_args!("That failed: {error:#}"))?;
            terminal.note("Nothing is lost: press Enter to try again, or say something else.")?;
            Ok(false)
        }
        error => Err(error.into()),
    }
}

async fn show(run: Invocation<Support>, terminal: &mut Terminal) -> Result<()> {
    let mut events = run.stream();
    while let Some(event) = events.next().await {
        match event? {
            Event::Started { node, .. } => terminal.progress(node)?,
            Event::Emitted(emitted) => {
                terminal.piece(emitted.value.as_str().unwrap_or_default())?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Prints the thread's moments, newest first.
pub async fn history(thread: &Thread<Support>, terminal: &mut Terminal) -> Result<()> {
    let moments = thread.history().await?;
    if moments.is_empty() {
        terminal.note("Nothing was said yet.")?;
    }
    for moment in moments {
        let Moment {
            created_at, step, ..
        } = moment;
        let (ran, next) = (names(&moment.ran), names(&moment.next));
        terminal.say(format_args!("{created_at}  step {step:<4} {ran} -> {next}"))?;
    }
    Ok(())
}

fn names(nodes: &[Node]) -> String {
    let names: Vec<_> = nodes.iter().map(ToString::to_string).collect();
    if names.is_empty() {
        "end".to_owned()
    } else {
        names.join(", ")
    }
}
