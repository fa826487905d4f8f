//! A graph as `#[graph]` expands it, written by hand: the specification of the expander, and the engine's own
//! first test. Only what the macro adds is below the line in `mod support`.
#![allow(missing_docs, clippy::pedantic, clippy::unwrap_used)]

use graph_runtime::{Error, MemorySaver, Outcome};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Topic {
    Refund,
    Bug,
    Many(u32),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefundQuestion {
    pub about: String,
}

pub struct Llm;

pub mod support {
    use super::*;
    use graph_runtime::Run;

    // ---- what the user wrote, helper attributes stripped ----------------------------------------

    #[derive(
        ::core::clone::Clone,
        ::graph_runtime::__private::serde::Serialize,
        ::graph_runtime::__private::serde::Deserialize,
    )]
    #[serde(crate = "::graph_runtime::__private::serde")]
    pub struct Support {
        // #[input] #[reduce(append)]
        #[serde(default)]
        pub messages: Vec<String>,
        // #[reduce(sum)]
        #[serde(default)]
        pub turns: u32,
        // #[scope(run)]
        #[serde(default)]
        pub topic: Option<Topic>,
        // #[scope(run)] #[reduce(append)]
        #[serde(default)]
        pub findings: Vec<String>,
        // #[scope(run)]
        #[serde(default)]
        pub approved: Option<bool>,
        // #[default(true)]
        #[serde(default = "__default_deep")]
        pub deep: bool,
    }

    impl Support {
        fn parts(&self) -> impl Iterator<Item = u32> {
            0..match self.topic {
                Some(Topic::Many(parts)) => parts,
                _ => 0,
            }
        }
    }

    pub struct App {
        pub llm: Llm,
    }

    // #[node(writes(topic))]
    async fn classify(messages: &[String], llm: &Llm) -> Result<Option<Topic>, String> {
        let Llm = llm;
        let last = messages.last().ok_or("nothing was said")?;
        Ok(match last.as_str() {
            "refund" => Some(Topic::Refund),
            "bug" => Some(Topic::Bug),
            "panic" => panic!("oh dear"),
            number => number.parse().ok().map(Topic::Many),
        })
    }

    // #[ask(into = approved)]
    fn approve(messages: &[String]) -> RefundQuestion {
        RefundQuestion {
            about: messages.join(" "),
        }
    }

    // #[node(writes(findings))]
    async fn search_docs(run: &Run) -> String {
        run.emit("searching");
        format!("docs in step {}", run.step())
    }

    // #[node(writes(findings), blocking)]
    fn search_issues(topic: &Option<Topic>) -> [String; 1] {
        [format!("issues about {topic:?}")]
    }

    // #[node(writes(findings))]
    async fn investigate(part: u32) -> String {
        format!("part {part}")
    }

    // #[node]
    fn refund() {}

    // #[node(writes(messages, turns))]
    fn reply(state: &Support) -> update::Reply {
        update::Reply::new()
            .messages([format!("{:?} {:?}", state.approved, state.findings)])
            .turns(1)
    }

    // ---- editors: see the recipe; left out here ---------------------------------------------------

    // ---- routes: one function a statement with a choice; the user's expressions, one variant an arm ------

    enum __Route0 {
        Arm0,
        Arm1(bool),
        Arm2(::std::vec::Vec<u32>),
        Arm3,
    }

    fn __route_0(state: &Support) -> __Route0 {
        match state.topic {
            Some(Topic::Refund) => __Route0::Arm0,
            Some(Topic::Bug) => __Route0::Arm1(state.deep),
            Some(Topic::Many(_)) => {
                __Route0::Arm2(::graph_runtime::__private::items({ state.parts() }))
            }
            None => __Route0::Arm3,
        }
    }

    enum __Route1 {
        Arm0,
        Arm1,
    }

    fn __route_1(state: &Support) -> __Route1 {
        if state.approved == Some(true) {
            __Route1::Arm0
        } else {
            __Route1::Arm1
        }
    }

    // ---- the graph ------------------------------------------------------------------------------------

    /// The graph, ready to run, with a checkpointer.
    pub type Graph = ::graph_runtime::Graph<Support>;

    impl Support {
        /// A builder of this graph.
        pub fn graph() -> ::graph_runtime::Builder<Support> {
            ::core::default::Default::default()
        }
    }

    /// `approve` asks, so the graph can't be built without a checkpointer.
    #[diagnostic::on_unimplemented(
        message = "this graph stops for an answer at `approve`, so it needs a checkpointer",
        label = "built without a checkpointer",
        note = "give it one before `.build()`: `.checkpointer(MemorySaver::new())`, or one that keeps its moments"
    )]
    #[doc(hidden)]
    pub trait __Persistent {}

    impl __Persistent for ::graph_runtime::Saved {}

    impl<P: __Persistent> ::graph_runtime::Suits<P> for Support {}
    // a graph that asks nothing: `impl<P> ::graph_runtime::Suits<P> for Support {}`

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Node {
        Classify,
        Approve,
        SearchDocs,
        SearchIssues,
        Investigate,
        Refund,
        Reply,
    }

    impl Node {
        /// Where this node leads on `state`: the nodes that start, in order. Empty: to `end`, or only into a join
        /// that still waits.
        pub fn route(self, state: &Support) -> ::std::vec::Vec<Node> {
            let mut next = ::core::default::Default::default();
            ::graph_runtime::StateGraph::route(
                state,
                ::core::option::Option::Some(self),
                &mut next,
            );
            ::graph_runtime::__private::Next::nodes(&next)
        }

        /// Where `start` leads on `state`.
        pub fn route_from_start(state: &Support) -> ::std::vec::Vec<Node> {
            let mut next = ::core::default::Default::default();
            ::graph_runtime::StateGraph::route(state, ::core::option::Option::None, &mut next);
            ::graph_runtime::__private::Next::nodes(&next)
        }
    }

    impl ::graph_runtime::GraphNode for Node {
        const ALL: &'static [Node] = &[
            Node::Classify,
            Node::Approve,
            Node::SearchDocs,
            Node::SearchIssues,
            Node::Investigate,
            Node::Refund,
            Node::Reply,
        ];

        fn index(self) -> usize {
            self as usize
        }

        fn name(self) -> &'static str {
            match self {
                Node::Classify => "classify",
                Node::Approve => "approve",
                Node::SearchDocs => "search_docs",
                Node::SearchIssues => "search_issues",
                Node::Investigate => "investigate",
                Node::Refund => "refund",
                Node::Reply => "reply",
            }
        }
    }

    impl ::core::fmt::Display for Node {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.write_str(::graph_runtime::GraphNode::name(*self))
        }
    }

    // Only fields with `#[input]` where there is one; here `messages` only.
    #[derive(Clone)]
    pub struct Input {
        messages: ::graph_runtime::__private::Patch<Vec<String>, Vec<String>>,
    }

    impl Input {
        #[allow(clippy::new_without_default)] // `Default` is there too where no argument is required
        pub fn new() -> Self {
            Self {
                messages: ::core::default::Default::default(),
            }
        }

        // append, union, merge, upsert
        pub fn messages(
            mut self,
            messages: impl ::core::iter::IntoIterator<Item = String>,
        ) -> Self {
            ::graph_runtime::__private::Patch::extend::<::graph_runtime::__private::Append>(
                &mut self.messages,
                messages,
            );
            self
        }

        pub fn set_messages(mut self, messages: Vec<String>) -> Self {
            ::graph_runtime::__private::Patch::put(&mut self.messages, messages);
            self
        }
    }

    // Only fields with `#[output]` where there is one; here all.
    #[derive(Clone)]
    pub struct Output {
        pub messages: Vec<String>,
        pub turns: u32,
        pub topic: Option<Topic>,
        pub findings: Vec<String>,
        pub approved: Option<bool>,
        pub deep: bool,
    }
    // Debug and PartialEq with `where for<'a> Vec<String>: Debug, ..` so that no field needs them.
    impl ::core::fmt::Debug for Output
    where
        for<'__trivial> Vec<String>: ::core::fmt::Debug,
        for<'__trivial> Option<Topic>: ::core::fmt::Debug,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Output")
                .field("messages", &self.messages)
                .field("topic", &self.topic)
                .finish()
        }
    }

    // ---- one update a node ------------------------------------------------------------------------------

    #[derive(
        Clone,
        ::graph_runtime::__private::serde::Serialize,
        ::graph_runtime::__private::serde::Deserialize,
    )]
    #[serde(crate = "::graph_runtime::__private::serde")]
    #[doc(hidden)]
    pub struct UpdateClassify {
        #[serde(
            default,
            skip_serializing_if = "::graph_runtime::__private::Patch::is_absent"
        )]
        topic: ::graph_runtime::__private::Patch<Option<Topic>>,
    }

    impl UpdateClassify {
        /// An update that sets nothing.
        pub fn new() -> Self {
            Self {
                topic: ::core::default::Default::default(),
            }
        }

        // no reducer: exact type (String: impl Into<String>)
        pub fn topic(mut self, topic: Option<Topic>) -> Self {
            ::graph_runtime::__private::Patch::put(&mut self.topic, topic);
            self
        }

        pub fn get_topic(&self) -> ::core::option::Option<&Option<Topic>> {
            self.topic.get()
        }
    }

    #[derive(
        Clone,
        ::graph_runtime::__private::serde::Serialize,
        ::graph_runtime::__private::serde::Deserialize,
    )]
    #[serde(crate = "::graph_runtime::__private::serde")]
    #[doc(hidden)]
    pub struct UpdateApprove {
        #[serde(
            default,
            skip_serializing_if = "::graph_runtime::__private::Patch::is_absent"
        )]
        approved: ::graph_runtime::__private::Patch<Option<bool>>,
    }

    #[derive(
        Clone,
        ::graph_runtime::__private::serde::Serialize,
        ::graph_runtime::__private::serde::Deserialize,
    )]
    #[serde(crate = "::graph_runtime::__private::serde")]
    #[doc(hidden)]
    pub struct UpdateFindings {
        // by hand one for search_docs, search_issues and investigate; the macro makes one a node
        #[serde(
            default,
            skip_serializing_if = "::graph_runtime::__private::Patch::is_absent"
        )]
        findings: ::graph_runtime::__private::Patch<Vec<String>, Vec<String>>,
    }

    #[derive(
        Clone,
        ::graph_runtime::__private::serde::Serialize,
        ::graph_runtime::__private::serde::Deserialize,
    )]
    #[serde(crate = "::graph_runtime::__private::serde")]
    #[doc(hidden)]
    pub struct UpdateReply {
        #[serde(
            default,
            skip_serializing_if = "::graph_runtime::__private::Patch::is_absent"
        )]
        messages: ::graph_runtime::__private::Patch<Vec<String>, Vec<String>>,
        #[serde(
            default,
            skip_serializing_if = "::graph_runtime::__private::Patch::is_absent"
        )]
        turns: ::graph_runtime::__private::Patch<u32, u32>,
    }

    impl UpdateReply {
        pub fn new() -> Self {
            Self {
                messages: ::core::default::Default::default(),
                turns: ::core::default::Default::default(),
            }
        }

        pub fn messages(
            mut self,
            messages: impl ::core::iter::IntoIterator<Item = String>,
        ) -> Self {
            ::graph_runtime::__private::Patch::extend::<::graph_runtime::__private::Append>(
                &mut self.messages,
                messages,
            );
            self
        }

        // other reducers: what the reducer takes, `<Sum as Reducer<u32>>::Delta`
        pub fn turns(
            mut self,
            turns: <::graph_runtime::__private::Sum as ::graph_runtime::Reducer<u32>>::Delta,
        ) -> Self {
            ::graph_runtime::__private::Patch::put_reduced(&mut self.turns, turns);
            self
        }
    }

    /// What a node sets.
    pub mod update {
        pub use super::{
            UpdateApprove as Approve, UpdateClassify as Classify, UpdateReply as Reply,
        };
    }

    #[derive(Clone, ::graph_runtime::__private::serde::Serialize)]
    #[serde(crate = "::graph_runtime::__private::serde", untagged)]
    pub enum Update {
        Classify(UpdateClassify),
        Approve(UpdateApprove),
        SearchDocs(UpdateFindings),
        SearchIssues(UpdateFindings),
        Investigate(UpdateFindings),
        Refund(()),
        Reply(UpdateReply),
    }

    // ---- returns: two generated traits a node, so that both `T` and `Result<T, E>` say what is expected ----

    #[diagnostic::on_unimplemented(
        message = "node `classify` writes `topic`, so it returns `Option<Topic>` or `update::Classify`, or a `Result` of one",
        label = "can't be written to `topic`"
    )]
    trait __ValueClassify {
        fn update(self) -> UpdateClassify;
    }
    #[diagnostic::on_unimplemented(
        message = "node `classify` writes `topic`, so it returns `Option<Topic>` or `update::Classify`, or a `Result` of one",
        label = "can't be written to `topic`"
    )]
    trait __ReturnClassify {
        fn update(
            self,
        ) -> ::core::result::Result<UpdateClassify, ::graph_runtime::__private::NodeError>;
    }
    impl __ValueClassify for UpdateClassify {
        fn update(self) -> UpdateClassify {
            self
        }
    }
    impl __ValueClassify for Option<Topic> {
        fn update(self) -> UpdateClassify {
            UpdateClassify {
                topic: ::graph_runtime::__private::Patch::set(self),
            }
        }
    }
    impl __ReturnClassify for UpdateClassify {
        fn update(
            self,
        ) -> ::core::result::Result<UpdateClassify, ::graph_runtime::__private::NodeError> {
            ::core::result::Result::Ok(self)
        }
    }
    impl __ReturnClassify for Option<Topic> {
        fn update(
            self,
        ) -> ::core::result::Result<UpdateClassify, ::graph_runtime::__private::NodeError> {
            ::core::result::Result::Ok(__ValueClassify::update(self))
        }
    }
    #[diagnostic::do_not_recommend]
    impl<T: __ValueClassify, E: ::core::convert::Into<::graph_runtime::__private::BoxError>>
        __ReturnClassify for ::core::result::Result<T, E>
    {
        fn update(
            self,
        ) -> ::core::result::Result<UpdateClassify, ::graph_runtime::__private::NodeError> {
            self.map(__ValueClassify::update)
                .map_err(::graph_runtime::__private::failed)
        }
    }
    // by hand only for `classify`; `append` fields accept one (`String`) and many (`Vec<String>`, `[String; N]`).

    // ---- questions and answers ------------------------------------------------------------------------------

    /// What each ask asks.
    pub mod question {
        use super::*;

        /// Asked at `approve`; the answer goes into `approved`.
        #[derive(Clone)]
        pub struct Approve {
            /// The question's id, which its answer carries.
            pub id: ::graph_runtime::QuestionId,
            /// What is asked.
            pub question: RefundQuestion,
        }

        impl Approve {
            /// Answers it.
            pub fn answer(
                &self,
                answer: impl ::core::convert::Into<
                    <Option<bool> as ::graph_runtime::__private::Fills>::Answer,
                >,
            ) -> super::Answer {
                super::Answer::Approve {
                    id: self.id,
                    value: answer.into(),
                }
            }
        }

        impl ::core::ops::Deref for Approve {
            type Target = RefundQuestion;

            fn deref(&self) -> &RefundQuestion {
                &self.question
            }
        }
    }

    /// An open question.
    #[derive(Clone)]
    pub enum Question {
        Approve(question::Approve),
    }

    impl Question {
        /// The question's id, which its answer carries.
        pub fn id(&self) -> ::graph_runtime::QuestionId {
            match self {
                Self::Approve(question) => question.id,
            }
        }

        /// The node that asks.
        pub fn node(&self) -> Node {
            match self {
                Self::Approve(_) => Node::Approve,
            }
        }
    }

    /// An answer: made from its question, or read from JSON: `{"node": "approve", "id": "..", "value": true}`.
    #[derive(
        Clone,
        ::graph_runtime::__private::serde::Serialize,
        ::graph_runtime::__private::serde::Deserialize,
    )]
    #[serde(crate = "::graph_runtime::__private::serde", tag = "node")]
    pub enum Answer {
        #[serde(rename = "approve")]
        Approve {
            /// The question's id.
            id: ::graph_runtime::QuestionId,
            /// The answer.
            value: <Option<bool> as ::graph_runtime::__private::Fills>::Answer,
        },
    }

    impl ::graph_runtime::Answering for Answer {
        fn id(&self) -> ::graph_runtime::QuestionId {
            match self {
                Self::Approve { id, .. } => *id,
            }
        }

        fn node(&self) -> &'static str {
            match self {
                Self::Approve { .. } => "approve",
            }
        }

        fn to_json(
            &self,
        ) -> ::core::result::Result<
            ::std::boxed::Box<::graph_runtime::__private::serde_json::value::RawValue>,
            ::graph_runtime::__private::serde_json::Error,
        > {
            match self {
                Self::Approve { value, .. } => ::graph_runtime::__private::to_raw(value),
            }
        }
    }

    /// A pause of this graph.
    pub struct Pause(::graph_runtime::Pause<Support>);

    impl Pause {
        /// The question of `approve`, if that is open.
        pub fn approve(&self) -> ::core::option::Option<&question::Approve> {
            self.0
                .questions()
                .iter()
                .find_map(|question| match question {
                    Question::Approve(question) => ::core::option::Option::Some(question),
                })
        }
    }

    impl ::core::ops::Deref for Pause {
        type Target = ::graph_runtime::Pause<Support>;

        fn deref(&self) -> &::graph_runtime::Pause<Support> {
            &self.0
        }
    }

    impl ::core::convert::From<::graph_runtime::Pause<Support>> for Pause {
        fn from(pause: ::graph_runtime::Pause<Support>) -> Self {
            Self(pause)
        }
    }

    impl ::core::fmt::Debug for Pause {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }

    // ---- items of `for` ----------------------------------------------------------------------------------------

    /// The items of this graph's `for`s. (None: `NoItems` of the door.)
    #[doc(hidden)]
    pub enum __Items {
        Investigate(::std::vec::Vec<u32>),
    }

    impl ::graph_runtime::__private::Items<Support> for __Items {
        fn len(&self) -> usize {
            match self {
                Self::Investigate(items) => items.len(),
            }
        }

        fn to_json(
            &self,
        ) -> ::core::result::Result<
            ::std::boxed::Box<::graph_runtime::__private::serde_json::value::RawValue>,
            ::graph_runtime::__private::serde_json::Error,
        > {
            match self {
                Self::Investigate(items) => ::graph_runtime::__private::to_raw(items),
            }
        }

        fn from_json(
            node: Node,
            json: &::graph_runtime::__private::serde_json::value::RawValue,
        ) -> ::core::result::Result<Self, ::graph_runtime::__private::serde_json::Error> {
            match node {
                Node::Investigate => {
                    ::graph_runtime::__private::from_raw(json).map(Self::Investigate)
                }
                _ => ::graph_runtime::__private::unexpected(
                    "items",
                    ::graph_runtime::GraphNode::name(node),
                ),
            }
        }
    }

    // ---- calls: one async fn a node, which injects and converts ----------------------------------------------------

    type __Call<'a> = ::graph_runtime::__private::Call<'a, Support>;
    type __Result = ::core::result::Result<
        ::graph_runtime::__private::Ended<Support>,
        ::graph_runtime::__private::NodeError,
    >;

    async fn __call_classify(call: __Call<'_>) -> __Result {
        let returned = classify(&call.state.messages, &call.context.llm).await;
        __ReturnClassify::update(returned)
            .map(Update::Classify)
            .map(::graph_runtime::__private::Ended::Update)
    }

    async fn __call_approve(call: __Call<'_>) -> __Result {
        // `Option<Q>`: `as_ref()`; `Q`: `Some(&..)`; a `Result` of one: `?` through `failed`. Decided by a generated trait, as for nodes.
        let question = approve(&call.state.messages);
        ::graph_runtime::__private::asks(::core::option::Option::Some(&question))
    }

    async fn __call_search_docs(call: __Call<'_>) -> __Result {
        let returned = search_docs(&call.site.run()).await;
        let findings = ::graph_runtime::__private::Patch::reduce(vec![returned]);
        ::core::result::Result::Ok(::graph_runtime::__private::Ended::Update(
            Update::SearchDocs(UpdateFindings { findings }),
        ))
    }

    async fn __call_search_issues(call: __Call<'_>) -> __Result {
        // `spawn`: `spawned(async move { .. })` with the same shares.
        let state = ::graph_runtime::__private::share(call.state);
        ::graph_runtime::__private::blocking(move || {
            let returned = search_issues(&state.topic);
            let findings = ::graph_runtime::__private::Patch::reduce(returned.to_vec());
            ::core::result::Result::Ok(::graph_runtime::__private::Ended::Update(
                Update::SearchIssues(UpdateFindings { findings }),
            ))
        })
        .await
    }

    async fn __call_investigate(call: __Call<'_>) -> __Result {
        let ::core::option::Option::Some((__Items::Investigate(items), item)) = call.item else {
            return ::core::result::Result::Err(::graph_runtime::__private::failed(
                "node `investigate` has no item",
            ));
        };
        let returned = investigate(items[item].clone()).await;
        let findings = ::graph_runtime::__private::Patch::reduce(vec![returned]);
        ::core::result::Result::Ok(::graph_runtime::__private::Ended::Update(
            Update::Investigate(UpdateFindings { findings }),
        ))
    }

    async fn __call_refund(_call: __Call<'_>) -> __Result {
        refund();
        ::core::result::Result::Ok(::graph_runtime::__private::Ended::Update(
            Update::Refund(()),
        ))
    }

    async fn __call_reply(call: __Call<'_>) -> __Result {
        let returned = reply(call.state);
        ::core::result::Result::Ok(::graph_runtime::__private::Ended::Update(Update::Reply(
            returned,
        )))
    }

    // ---- the topology ------------------------------------------------------------------------------------------------

    /// The graph as it was written. The macro writes it out whole; by hand only what the engine uses.
    pub static TOPOLOGY: ::graph_runtime::__private::topology::Topology = {
        use ::graph_runtime::__private::topology::{Join, Node, NodeKind, Topology};
        use ::std::borrow::Cow::Borrowed;
        const fn node(name: &'static str, kind: NodeKind) -> Node {
            Node {
                name: Borrowed(name),
                kind,
                reads: Borrowed(&[]),
                writes: Borrowed(&[]),
                on_error: None,
            }
        }
        Topology {
            id: Borrowed("support"),
            fields: Borrowed(&[]),
            nodes: Borrowed(&[
                node("classify", NodeKind::Task),
                node("approve", NodeKind::Ask),
                node("search_docs", NodeKind::Task),
                node("search_issues", NodeKind::Task),
                node("investigate", NodeKind::Task),
                node("refund", NodeKind::Task),
                node("reply", NodeKind::Task),
            ]),
            routes: Borrowed(&[]),
            joins: Borrowed(&[Join {
                slots: Borrowed(&[Borrowed(&[2]), Borrowed(&[3])]),
                to: 6,
                doc: Borrowed(""),
            }]),
        }
    };

    fn __default_deep() -> bool {
        true
    }

    impl ::graph_runtime::StateGraph for Support {
        const ID: &'static str = "support";
        const FINGERPRINT: u64 = 0x1234;
        const FIELDS: &'static [::graph_runtime::__private::FieldSpec] = &[
            ::graph_runtime::__private::FieldSpec {
                name: "messages",
                saved: true,
                unordered: false,
            },
            ::graph_runtime::__private::FieldSpec {
                name: "turns",
                saved: true,
                unordered: false,
            },
            ::graph_runtime::__private::FieldSpec {
                name: "topic",
                saved: true,
                unordered: false,
            },
            ::graph_runtime::__private::FieldSpec {
                name: "findings",
                saved: true,
                unordered: false,
            },
            ::graph_runtime::__private::FieldSpec {
                name: "approved",
                saved: true,
                unordered: false,
            },
            ::graph_runtime::__private::FieldSpec {
                name: "deep",
                saved: true,
                unordered: false,
            },
        ];

        type Node = Node;
        type Items = __Items;
        type Input = Input;
        type Output = Output;
        type Update = Update;
        type Question = Question; // NoAnswer where nothing is asked
        type Answer = Answer; // NoAnswer
        type Pause = Pause;
        type Context = App; // ()

        fn topology() -> &'static ::graph_runtime::__private::topology::Topology {
            &TOPOLOGY
        }

        fn create(input: Input, change: &mut ::graph_runtime::__private::Change) -> Self {
            // a required field without a reducer takes its value from the input here
            let mut state = Support {
                messages: ::core::default::Default::default(),
                turns: ::core::default::Default::default(),
                topic: ::core::default::Default::default(),
                findings: ::core::default::Default::default(),
                approved: ::core::default::Default::default(),
                deep: __default_deep(),
            };
            ::graph_runtime::StateGraph::merge(&mut state, input, change);
            state
        }

        fn merge(&mut self, input: Input, change: &mut ::graph_runtime::__private::Change) {
            input
                .messages
                .apply_with::<::graph_runtime::__private::Append>(0, &mut self.messages, change);
        }

        fn apply(&mut self, update: Update, change: &mut ::graph_runtime::__private::Change) {
            match update {
                Update::Classify(update) => update.topic.apply(2, &mut self.topic, change),
                Update::Approve(update) => update.approved.apply(4, &mut self.approved, change),
                Update::SearchDocs(update)
                | Update::SearchIssues(update)
                | Update::Investigate(update) => {
                    update
                        .findings
                        .apply_with::<::graph_runtime::__private::Append>(
                            3,
                            &mut self.findings,
                            change,
                        );
                }
                Update::Refund(()) => {}
                Update::Reply(update) => {
                    update
                        .messages
                        .apply_with::<::graph_runtime::__private::Append>(
                            0,
                            &mut self.messages,
                            change,
                        );
                    update.turns.apply_with::<::graph_runtime::__private::Sum>(
                        1,
                        &mut self.turns,
                        change,
                    );
                }
            }
        }

        fn reset_run(&mut self, change: &mut ::graph_runtime::__private::Change) {
            change.reset(2, &mut self.topic, ::core::default::Default::default());
            change.reset(3, &mut self.findings, ::core::default::Default::default());
            change.reset(4, &mut self.approved, ::core::default::Default::default());
        }

        fn reset_step(&mut self, _change: &mut ::graph_runtime::__private::Change) {}

        fn reach(&mut self, node: Node, change: &mut ::graph_runtime::__private::Change) {
            match node {
                Node::Approve => {
                    change.reset(4, &mut self.approved, ::core::default::Default::default())
                }
                _ => {}
            }
        }

        fn into_output(self) -> Output {
            let Self {
                messages,
                turns,
                topic,
                findings,
                approved,
                deep,
            } = self;
            Output {
                messages,
                turns,
                topic,
                findings,
                approved,
                deep,
            }
        }

        fn route(
            &self,
            from: ::core::option::Option<Node>,
            next: &mut ::graph_runtime::__private::Next<Self>,
        ) {
            let ::core::option::Option::Some(from) = from else {
                return next.start(Node::Classify);
            };
            match from {
                Node::Classify => match __route_0(self) {
                    __Route0::Arm0 => next.start(Node::Approve),
                    __Route0::Arm1(guard) => {
                        next.start(Node::SearchDocs);
                        // skipped, it fills the slots that name it
                        if guard {
                            next.start(Node::SearchIssues)
                        } else {
                            next.fill(0, 1)
                        }
                    }
                    __Route0::Arm2(items) => {
                        next.each(
                            Node::Investigate,
                            __Items::Investigate(items),
                            ::core::option::Option::None,
                        );
                    }
                    __Route0::Arm3 => {}
                },
                Node::Approve => match __route_1(self) {
                    __Route1::Arm0 => next.start(Node::Refund),
                    __Route1::Arm1 => next.start(Node::Reply),
                },
                Node::SearchDocs => next.fill(0, 0),
                Node::SearchIssues => next.fill(0, 1),
                Node::Investigate | Node::Refund => next.start(Node::Reply),
                Node::Reply => {}
            }
        }

        async fn call(call: __Call<'_>) -> __Result {
            match call.node {
                Node::Classify => {
                    let mut node = ::core::pin::pin!(__call_classify(call));
                    ::core::future::poll_fn(|cx| {
                        ::graph_runtime::__private::poll(node.as_mut(), cx)
                    })
                    .await
                }
                Node::Approve => {
                    let mut node = ::core::pin::pin!(__call_approve(call));
                    ::core::future::poll_fn(|cx| {
                        ::graph_runtime::__private::poll(node.as_mut(), cx)
                    })
                    .await
                }
                Node::SearchDocs => {
                    let mut node = ::core::pin::pin!(__call_search_docs(call));
                    ::core::future::poll_fn(|cx| {
                        ::graph_runtime::__private::poll(node.as_mut(), cx)
                    })
                    .await
                }
                Node::SearchIssues => {
                    let mut node = ::core::pin::pin!(__call_search_issues(call));
                    ::core::future::poll_fn(|cx| {
                        ::graph_runtime::__private::poll(node.as_mut(), cx)
                    })
                    .await
                }
                Node::Investigate => {
                    let mut node = ::core::pin::pin!(__call_investigate(call));
                    ::core::future::poll_fn(|cx| {
                        ::graph_runtime::__private::poll(node.as_mut(), cx)
                    })
                    .await
                }
                Node::Refund => {
                    let mut node = ::core::pin::pin!(__call_refund(call));
                    ::core::future::poll_fn(|cx| {
                        ::graph_runtime::__private::poll(node.as_mut(), cx)
                    })
                    .await
                }
                Node::Reply => {
                    let mut node = ::core::pin::pin!(__call_reply(call));
                    ::core::future::poll_fn(|cx| {
                        ::graph_runtime::__private::poll(node.as_mut(), cx)
                    })
                    .await
                }
            }
        }

        fn call_boxed(call: __Call<'_>) -> ::graph_runtime::BoxFuture<'_, __Result> {
            match call.node {
                Node::Classify => ::std::boxed::Box::pin(__call_classify(call)),
                Node::Approve => ::std::boxed::Box::pin(__call_approve(call)),
                Node::SearchDocs => ::std::boxed::Box::pin(__call_search_docs(call)),
                Node::SearchIssues => ::std::boxed::Box::pin(__call_search_issues(call)),
                Node::Investigate => ::std::boxed::Box::pin(__call_investigate(call)),
                Node::Refund => ::std::boxed::Box::pin(__call_refund(call)),
                Node::Reply => ::std::boxed::Box::pin(__call_reply(call)),
            }
        }

        fn read_update(
            node: Node,
            json: &::graph_runtime::__private::serde_json::value::RawValue,
        ) -> ::core::result::Result<Update, ::graph_runtime::__private::serde_json::Error> {
            match node {
                Node::Classify => ::graph_runtime::__private::from_raw(json).map(Update::Classify),
                Node::Approve => ::graph_runtime::__private::from_raw(json).map(Update::Approve),
                Node::SearchDocs => {
                    ::graph_runtime::__private::from_raw(json).map(Update::SearchDocs)
                }
                Node::SearchIssues => {
                    ::graph_runtime::__private::from_raw(json).map(Update::SearchIssues)
                }
                Node::Investigate => {
                    ::graph_runtime::__private::from_raw(json).map(Update::Investigate)
                }
                Node::Refund => ::graph_runtime::__private::from_raw(json).map(Update::Refund),
                Node::Reply => ::graph_runtime::__private::from_raw(json).map(Update::Reply),
            }
        }

        fn read_question(
            node: Node,
            id: ::graph_runtime::QuestionId,
            json: &::graph_runtime::__private::serde_json::value::RawValue,
        ) -> ::core::result::Result<Question, ::graph_runtime::__private::serde_json::Error>
        {
            match node {
                Node::Approve => ::graph_runtime::__private::from_raw(json)
                    .map(|question| Question::Approve(question::Approve { id, question })),
                _ => ::graph_runtime::__private::unexpected(
                    "questions",
                    ::graph_runtime::GraphNode::name(node),
                ),
            }
        }

        fn read_answers(
            node: Node,
            _items: ::core::option::Option<&__Items>,
            answers: &[(
                u32,
                &::graph_runtime::__private::serde_json::value::RawValue,
            )],
        ) -> ::core::result::Result<Update, ::graph_runtime::__private::serde_json::Error> {
            match (node, answers) {
                (Node::Approve, [(_, answer)]) => {
                    let approved =
                        ::core::option::Option::Some(::graph_runtime::__private::from_raw(answer)?);
                    let approved = ::graph_runtime::__private::Patch::set(approved);
                    ::core::result::Result::Ok(Update::Approve(UpdateApprove { approved }))
                }
                // an ask in a `for` sets its map whole: for each `(index, answer)` in order,
                // `map.insert(KeyFor::key_for(index, &items[index as usize]), from_raw(answer)?)`
                _ => ::graph_runtime::__private::unexpected(
                    "answers",
                    ::graph_runtime::GraphNode::name(node),
                ),
            }
        }
    }
}

use support::{App, Graph, Input, Node, Support};

fn graph() -> Graph {
    Support::graph()
        .context(App { llm: Llm })
        .checkpointer(MemorySaver::new())
        .build()
}

fn say(text: &str) -> Input {
    Input::new().messages([text.to_owned()])
}

#[tokio::test]
async fn a_question_is_asked_and_answered() {
    let graph = graph();
    let thread = graph.thread("ada");
    let Outcome::Paused(pause) = thread.invoke(say("refund")).await.unwrap() else {
        panic!("not paused")
    };
    let question = pause.approve().unwrap();
    assert_eq!(question.about, "refund");
    assert!(matches!(
        thread.invoke(say("hello?")).await,
        Err(Error::Paused { .. })
    ));
    let done = thread
        .answer(question.answer(true))
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(done.approved, Some(true));
    assert_eq!(done.turns, 1);
    // The same answer again is the same answer; another one isn't.
    assert!(thread.answer(question.answer(true)).await.is_ok());
    assert!(matches!(
        thread.answer(question.answer(false)).await,
        Err(Error::Stale { .. })
    ));
    let steps: Vec<_> = thread
        .history()
        .await
        .unwrap()
        .into_iter()
        .map(|moment| moment.ran)
        .collect();
    let expected = [
        vec![Node::Reply],
        vec![Node::Refund],
        vec![Node::Approve],
        vec![Node::Approve],
        vec![Node::Classify],
    ];
    assert_eq!(steps, expected);
}

#[tokio::test]
async fn a_join_waits_and_a_for_keeps_order() {
    let graph = graph();
    let thread = graph.thread("ada");
    let done = thread.invoke(say("bug")).await.unwrap().done().unwrap();
    assert_eq!(done.findings, ["docs in step 3", "issues about Some(Bug)"]);
    let done = thread.invoke(say("3")).await.unwrap().done().unwrap();
    assert_eq!(done.findings, ["part 0", "part 1", "part 2"]);
    assert_eq!(done.turns, 2);
    assert_eq!(done.messages.len(), 4);
    let state = thread.state().await.unwrap().unwrap();
    assert_eq!(state.state.messages.len(), 4);
    assert_eq!(state.next, []);
}

#[tokio::test]
async fn a_panic_is_the_nodes_error_and_the_thread_goes_on() {
    let graph = graph();
    let thread = graph.thread("ada");
    let error = thread.invoke(say("panic")).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("node `classify` failed in step 2"),
        "{error}"
    );
    let outcome = thread.invoke(say("0")).await.unwrap();
    let Outcome::Done(done) = outcome else {
        panic!("not done")
    };
    assert!(done.went_on());
}

#[tokio::test]
async fn a_pause_before_a_node_is_gone_past_once() {
    let graph = graph();
    let thread = graph.thread("ada");
    let pause = thread
        .invoke(say("1"))
        .pause_before([Node::Reply])
        .await
        .unwrap()
        .paused()
        .unwrap();
    assert_eq!(pause.before(), [Node::Reply]);
    assert_eq!(thread.state().await.unwrap().unwrap().next, [Node::Reply]);
    assert!(
        thread
            .resume()
            .pause_before([Node::Reply])
            .await
            .unwrap()
            .done()
            .is_some()
    );
}

#[test]
fn routes_are_callable() {
    let mut state: Support = serde_json::from_str("{}").unwrap();
    assert_eq!(Node::route_from_start(&state), [Node::Classify]);
    state.topic = Some(Topic::Refund);
    assert_eq!(Node::Classify.route(&state), [Node::Approve]);
}
