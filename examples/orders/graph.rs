//! An order: a large one needs somebody's word, a parcel is waited for, and some time later the customer is asked how it was.

use graph_runtime::prelude::*;

use crate::post::Post;

#[graph(id = "orders")]
pub mod orders {
    use super::*;

    #[state]
    #[derive(Debug)]
    pub struct Order {
        #[input(required)]
        pub customer: String,
        #[input(required)]
        pub total: u32,
        pub approved: Option<bool>,
        /// Where the parcel was left, once it was.
        pub delivered: Option<String>,
        #[reduce(sum)]
        pub reminders: u32,
    }

    #[context]
    pub struct Office {
        pub post: Post,
    }

    edges! {
        start -> if state.total > 500 { approve } else { pack };
        approve -> if state.approved == Some(true) { pack } else { refuse };
        pack -> parcel;
        parcel -> match state.delivered {
            Some(_) => settle,
            None if state.reminders < 3 => remind,
            None => refuse,
        };
        remind -> parcel;
        settle -> thank -> end;
        refuse -> end;
    }

    /// Small favours are granted where nobody objects in time.
    #[ask(into = approved, within = "2s", else = state.total < 1_000)]
    fn approve(total: u32) -> String {
        format!("may {total} go on account?")
    }

    #[node]
    fn pack(customer: &str, post: &Post) {
        post.write(customer, "your order is packed");
    }

    /// Whoever delivers the parcel answers this, by its id.
    #[ask(into = delivered, within = "2s")]
    fn parcel() -> String {
        "where was the parcel left?".to_owned()
    }

    #[node(writes(reminders))]
    fn remind(customer: &str, post: &Post) -> u32 {
        post.write(
            "the carrier",
            &format!("where is the parcel for {customer}?"),
        );
        1
    }

    /// Nobody likes to be asked at the door.
    #[wait(time = "500ms")]
    fn settle() {}

    #[node]
    fn thank(customer: &str, delivered: Option<&str>, post: &Post) {
        let place = delivered.unwrap_or("at home");
        post.write(
            customer,
            &format!("your parcel is {place}; how do you like it?"),
        );
    }

    #[node]
    fn refuse(customer: &str, post: &Post) {
        post.write(customer, "we are sorry");
    }
}

#[cfg(test)]
mod tests {
    use super::orders::{Node, Order};

    fn order(total: u32) -> Order {
        Order {
            customer: "ada".to_owned(),
            total,
            approved: None,
            delivered: None,
            reminders: 0,
        }
    }

    #[test]
    fn a_large_order_needs_a_word() {
        let mut order = order(501);
        order.approved = Some(false);
        assert_eq!(Node::Approve.route(&order), [Node::Refuse]);
        order.approved = Some(true);
        assert_eq!(Node::Approve.route(&order), [Node::Pack]);
    }

    #[test]
    fn a_parcel_is_asked_for_three_times() {
        let mut order = order(5);
        assert_eq!(Node::Parcel.route(&order), [Node::Remind]);
        order.reminders = 3;
        assert_eq!(Node::Parcel.route(&order), [Node::Refuse]);
        order.delivered = Some("in the hall".to_owned());
        assert_eq!(Node::Parcel.route(&order), [Node::Settle]);
    }
}
