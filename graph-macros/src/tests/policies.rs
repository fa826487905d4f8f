//! What is done about a node beside running it.

use super::{about_items, messages, only};

/// Everything that is said about a node with these arguments, after which `b` comes.
fn about(function: &str, arguments: &str) -> Vec<String> {
    messages(
        "id = \"test\"",
        &format!(
            "mod test {{
                #[state] pub struct Test {{ pub x: Option<u32> }}
                edges! {{ start -> a -> b -> end; }}
                #[node({arguments})] {function} a() {{}}
                #[node] fn b() {{}}
            }}"
        ),
    )
}

fn about_async(arguments: &str) -> Vec<String> {
    about("async fn", arguments)
}

#[test]
fn all_that_can_be_said_can_be_said() {
    let fine = [
        "retry(times = 3)",
        "retry(times = 3, delay = \"100ms\", factor = 2.0, max = \"10s\", jitter = false, not(ParseError, io::Error))",
        "retry(factor = 2, times = 1,)",
        "timeout = \"30s\"",
        "timeout(run = \"30s\", idle = \"5s\")",
        "timeout(idle = \"1h 30m\"), spawn",
        "cache",
        "cache(ttl = \"1h\")",
        "effect, retry(times = 1), timeout = \"1s\"",
        "at_most_once, timeout = \"1s\", on_error = b",
    ];
    for arguments in fine {
        assert_eq!(about_async(arguments), [""; 0], "{arguments}");
    }
    assert_eq!(about("fn", "blocking, timeout = \"1s\""), [""; 0]);
}

#[test]
fn a_retry_says_how_often() {
    let how_often = "`retry` needs to know how often; write `retry(times = 3)`";
    for arguments in ["retry", "retry = 3", "retry()", "retry(delay = \"1s\")"] {
        assert_eq!(only(about_async(arguments)), how_often, "{arguments}");
    }
    assert_eq!(
        only(about_async("retry(time = 3)")),
        "`retry` has no argument `time`; did you mean `times`?"
    );
    assert_eq!(
        only(about_async("retry(times = 0)")),
        "trying again no times is never; leave `retry` out"
    );
    assert_eq!(
        only(about_async("retry(times = \"3\")")),
        "`times` takes one value; write `times = 3`"
    );
    assert_eq!(
        only(about_async("retry(times = 5_000_000_000)")),
        "`times` is a whole number, up to 4294967295"
    );
}

#[test]
fn what_a_retry_may_say_is_checked() {
    let factor =
        "`factor` is a number from 1 on, by which each delay is longer; write `factor = 2.0`";
    for arguments in ["factor = 0.5", "factor = -2", "factor = \"2\"", "factor"] {
        let said = about_async(&format!("retry(times = 1, {arguments})"));
        assert_eq!(only(said), factor, "{arguments}");
    }
    assert_eq!(
        only(about_async("retry(times = 1, delay = 5)")),
        "`delay` takes a length of time, as text; write `delay = \"100ms\"`"
    );
    assert_eq!(
        only(about_async("retry(times = 1, jitter = 0)")),
        "`jitter` takes one value; write `jitter = false`"
    );
    let not = "`not` takes the types of errors that stay; write `not(ParseError, AuthError)`";
    for arguments in ["not", "not()", "not = ParseError", "not(1)"] {
        let said = about_async(&format!("retry(times = 1, {arguments})"));
        assert_eq!(only(said), not, "{arguments}");
    }
}

#[test]
fn a_timeout_is_a_length_of_time_of_something_that_can_be_left() {
    let timeout = "`timeout` takes a length of time; write `timeout = \"30s\"` or `timeout(run = \"30s\", idle = \"5s\")`";
    for arguments in ["timeout", "timeout = 30", "timeout()", "timeout ="] {
        assert_eq!(only(about_async(arguments)), timeout, "{arguments}");
    }
    assert_eq!(
        only(about_async("timeout(idel = \"5s\")")),
        "`timeout` has no argument `idel`; did you mean `idle`?"
    );
    assert_eq!(
        only(about("fn", "timeout = \"1s\"")),
        "nothing can stop a plain function; make it `async`, or `blocking`, which the run can stop waiting for"
    );
}

#[test]
fn what_has_an_effect_is_not_looked_up_and_once_is_once() {
    for effect in ["effect", "at_most_once"] {
        assert_eq!(
            only(about_async(&format!("cache, {effect}"))),
            "what is taken from a cache has no effect; leave `cache` out"
        );
    }
    assert_eq!(
        only(about_async("retry(times = 1), at_most_once")),
        "`at_most_once` is never tried again; leave `retry` out, or say `effect`"
    );
    assert_eq!(
        about_async("at_most_once, asks(Size)")[0],
        "a node that asks runs again when it is answered; leave `at_most_once` out, or ask in a node before"
    );
    assert_eq!(
        only(about_async("effect, at_most_once")),
        "`at_most_once` is an `effect` already; leave one of them out"
    );
    assert_eq!(
        only(about_async("cache = \"1h\"")),
        "`cache` takes how long a result is good; write `cache` or `cache(ttl = \"1h\")`"
    );
    assert_eq!(
        only(about_async("effect(now)")),
        "`effect` takes no value; write `#[node(effect)]`"
    );
}

#[test]
fn failures_lead_to_a_node() {
    assert_eq!(
        only(about_async("on_error = c")),
        "there is no node `c`; write a function of that name with `#[node]`"
    );
    for name in ["start", "end"] {
        assert_eq!(
            only(about_async(&format!("on_error = {name}"))),
            format!("`{name}` takes no failure on; name a node that does, and leads on")
        );
    }
    for arguments in ["on_error", "on_error =", "on_error = \"b\"", "on_error(b)"] {
        assert_eq!(
            only(about_async(arguments)),
            "`on_error` takes one value; write `on_error = handler`",
            "{arguments}"
        );
    }
    assert_eq!(
        only(about_items("#[node(on_eror = a)] fn b() {}")),
        "`node` has no argument `on_eror`; did you mean `on_error`?"
    );
}
