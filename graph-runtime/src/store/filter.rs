//! Conditions on values. They are data from end to end: no backend ever makes text of them.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// Which part of a value: the keys that lead there, from the outside in.
///
/// A key means itself, whatever it looks like: `Field::from("a.b")` is one key. In an array the next key is a
/// place, counted from 0. Its methods make the conditions of a [`Search`](super::Search).
///
/// ```
/// use graph_runtime::Field;
/// use serde_json::json;
///
/// let fact = json!({"kind": "fact", "author": {"age": 36}});
/// assert!(Field::from("kind").eq("fact").holds(&fact));
/// assert!(Field::from(["author", "age"]).gte(30.5).holds(&fact));
/// assert!(Field::from("source").is_missing().holds(&fact));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Field(Vec<String>);

impl From<&str> for Field {
    fn from(key: &str) -> Self {
        Self(vec![key.to_owned()])
    }
}

impl<const N: usize> From<[&str; N]> for Field {
    fn from(keys: [&str; N]) -> Self {
        keys.into_iter().collect()
    }
}

impl<S: Into<String>> FromIterator<S> for Field {
    fn from_iter<I: IntoIterator<Item = S>>(keys: I) -> Self {
        Self(keys.into_iter().map(Into::into).collect())
    }
}

impl Field {
    /// The keys that lead there. Without any it is the whole value.
    pub fn keys(&self) -> &[String] {
        &self.0
    }

    /// What a value has there.
    pub fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, key| match value {
            Value::Object(fields) => fields.get(key),
            Value::Array(items) => items.get(place(key)?),
            _ => None,
        })
    }

    /// It is there and equal. Numbers are compared by what they say: 1 and 1.0 are equal, also within lists
    /// and objects.
    #[allow(
        clippy::should_implement_trait,
        reason = "it makes a condition, as its neighbours do"
    )]
    pub fn eq(self, value: impl Into<Value>) -> Condition {
        self.is(Test::Eq(value.into()))
    }

    /// The opposite of [`Field::eq`]: it holds where the field is missing, too.
    #[allow(
        clippy::should_implement_trait,
        reason = "it makes a condition, as its neighbours do"
    )]
    pub fn ne(self, value: impl Into<Value>) -> Condition {
        self.is(Test::Ne(value.into()))
    }

    /// It is greater: a number than a number, or a string than a string, byte by byte. Nothing else has an
    /// order.
    pub fn gt(self, value: impl Into<Value>) -> Condition {
        self.is(Test::Gt(value.into()))
    }

    /// It is greater or equal, as in [`Field::gt`].
    pub fn gte(self, value: impl Into<Value>) -> Condition {
        self.is(Test::Gte(value.into()))
    }

    /// It is less, as in [`Field::gt`].
    pub fn lt(self, value: impl Into<Value>) -> Condition {
        self.is(Test::Lt(value.into()))
    }

    /// It is less or equal, as in [`Field::gt`].
    pub fn lte(self, value: impl Into<Value>) -> Condition {
        self.is(Test::Lte(value.into()))
    }

    /// It is equal to one of these, as in [`Field::eq`].
    pub fn is_in<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Condition {
        self.is(Test::In(values.into_iter().map(Into::into).collect()))
    }

    /// It is there. `null` is there.
    pub fn exists(self) -> Condition {
        self.is(Test::Exists(true))
    }

    /// It isn't there.
    pub fn is_missing(self) -> Condition {
        self.is(Test::Exists(false))
    }

    fn is(self, test: Test) -> Condition {
        Condition { field: self, test }
    }
}

/// A place in a list as JSON pointers write it: without signs and leading zeros, so each has one name.
fn place(key: &str) -> Option<usize> {
    let plain = key == "0" || !key.starts_with(['0', '+']);
    key.parse().ok().filter(|_| plain)
}

/// A field and what must be true of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Which part of the value.
    pub field: Field,
    /// What must be true of it.
    pub test: Test,
}

/// What must be true of a field. The methods of [`Field`] say what each means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Test {
    /// [`Field::eq`].
    Eq(Value),
    /// [`Field::ne`].
    Ne(Value),
    /// [`Field::gt`].
    Gt(Value),
    /// [`Field::gte`].
    Gte(Value),
    /// [`Field::lt`].
    Lt(Value),
    /// [`Field::lte`].
    Lte(Value),
    /// [`Field::is_in`].
    In(Vec<Value>),
    /// [`Field::exists`], [`Field::is_missing`].
    Exists(bool),
}

impl Condition {
    /// Whether it is true of a value. For backends: what they filter by must agree with this.
    pub fn holds(&self, value: &Value) -> bool {
        let found = self.field.of(value);
        let equals = |wanted: &Value| found.is_some_and(|found| same(found, wanted));
        let order = |wanted: &Value| found.and_then(|found| compare(found, wanted));
        match &self.test {
            Test::Eq(wanted) => equals(wanted),
            Test::Ne(wanted) => !equals(wanted),
            Test::Gt(wanted) => order(wanted).is_some_and(Ordering::is_gt),
            Test::Gte(wanted) => order(wanted).is_some_and(Ordering::is_ge),
            Test::Lt(wanted) => order(wanted).is_some_and(Ordering::is_lt),
            Test::Lte(wanted) => order(wanted).is_some_and(Ordering::is_le),
            Test::In(wanted) => wanted.iter().any(equals),
            Test::Exists(wanted) => found.is_some() == *wanted,
        }
    }
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            compare_numbers(one, other).is_some_and(Ordering::is_eq)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => compare_numbers(one, other),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

/// Exact over all kinds: a large integer isn't rounded to meet a float.
fn compare_numbers(one: &Number, other: &Number) -> Option<Ordering> {
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        (Some(one), None) => Some(compare_with_float(one, other.as_f64()?)),
        (None, Some(other)) => Some(compare_with_float(other, one.as_f64()?).reverse()),
        (None, None) => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

fn integer(number: &Number) -> Option<i128> {
    let signed = number.as_i64().map(i128::from);
    signed.or_else(|| number.as_u64().map(i128::from))
}

fn compare_with_float(integer: i128, float: f64) -> Ordering {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "what is beyond the range becomes its edge, and no integer of JSON comes near that"
    )]
    let whole = float.trunc() as i128;
    let rest = || 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal);
    integer.cmp(&whole).then_with(rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(keys: &[&str]) -> Field {
        keys.iter().copied().collect()
    }

    #[test]
    fn numbers_are_compared_by_what_they_say() {
        let equal = |one: Value, other: Value| field(&[]).eq(one).holds(&other);
        assert!(equal(json!(1), json!(1.0)));
        assert!(equal(json!(0), json!(-0.0)));
        assert!(equal(json!([1, {"a": 2}]), json!([1.0, {"a": 2.0}])));
        assert!(equal(json!(1u64 << 63), json!(9_223_372_036_854_775_808.0)));
        assert!(!equal(
            json!(9_007_199_254_740_993_u64),
            json!(9_007_199_254_740_992.0)
        ));
        assert!(!equal(json!(1), json!("1")));
        assert!(!equal(json!(1), json!(true)));
        assert!(!equal(json!(null), json!(0)));
        assert!(!equal(json!([1]), json!([1, 2])));
        assert!(!equal(json!({"a": 1}), json!({"b": 1})));
    }

    #[test]
    fn numbers_of_all_kinds_have_one_order() {
        let rising = [
            json!(-1e300),
            json!(i64::MIN),
            json!(-1.5),
            json!(-1),
            json!(-0.5),
            json!(0),
            json!(0.5),
            json!(1),
            json!(1.5),
            json!(9_007_199_254_740_992.0),
            json!(9_007_199_254_740_993_u64),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1e300),
        ];
        for (place, low) in rising.iter().enumerate() {
            for high in &rising[place + 1..] {
                assert!(field(&[]).gt(low.clone()).holds(high), "{high} > {low}");
                assert!(field(&[]).lt(high.clone()).holds(low), "{low} < {high}");
                assert!(!field(&[]).gte(high.clone()).holds(low));
                assert!(!field(&[]).lte(low.clone()).holds(high));
            }
            assert!(field(&[]).gte(low.clone()).holds(low));
            assert!(field(&[]).lte(low.clone()).holds(low));
        }
    }

    #[test]
    fn what_is_of_two_kinds_has_no_order() {
        let values = [
            json!(null),
            json!(true),
            json!(1),
            json!("1"),
            json!([]),
            json!({}),
        ];
        for one in &values {
            for other in values.iter().filter(|other| *other != one) {
                for test in [Field::gt, Field::gte, Field::lt, Field::lte] {
                    assert!(!test(field(&[]), one.clone()).holds(other), "{one} {other}");
                }
            }
        }
    }

    #[test]
    fn a_key_means_itself() {
        let value = json!({"a.b": 1, "a": {"b": 2, "": 3}, "$gt": 4, "list": [{"x": 5}]});
        let at = |keys: &[&str]| field(keys).of(&value).cloned();
        assert_eq!(at(&["a.b"]), Some(json!(1)));
        assert_eq!(at(&["a", "b"]), Some(json!(2)));
        assert_eq!(at(&["a", ""]), Some(json!(3)));
        assert_eq!(at(&["$gt"]), Some(json!(4)));
        assert_eq!(at(&["list", "0", "x"]), Some(json!(5)));
        for missing in [
            &["b"][..],
            &["a", "c"],
            &["a.b", "c"],
            &["list", "1"],
            &["list", "00"],
            &["list", "+0"],
            &["list", "x"],
            &["list", "-1"],
        ] {
            assert_eq!(at(missing), None, "{missing:?}");
        }
        assert_eq!(at(&[]), Some(value.clone()));
    }

    #[test]
    fn null_is_there_and_missing_is_not() {
        let value = json!({"null": null});
        assert!(Field::from("null").exists().holds(&value));
        assert!(Field::from("null").eq(Value::Null).holds(&value));
        assert!(Field::from("none").is_missing().holds(&value));
        assert!(!Field::from("none").eq(Value::Null).holds(&value));
        assert!(Field::from("none").ne(Value::Null).holds(&value));
        assert!(Field::from("none").ne(1).holds(&value));
        assert!(!Field::from("none").lt(1).holds(&value));
        assert!(!Field::from("none").is_in([Value::Null]).holds(&value));
        assert!(!Field::from("null").is_in(Vec::<Value>::new()).holds(&value));
        assert!(
            Field::from("null")
                .is_in([json!(1), Value::Null])
                .holds(&value)
        );
    }

    #[test]
    fn a_condition_is_data() {
        let condition = Field::from(["a", "b"]).gte(3);
        let text = serde_json::to_string(&condition).unwrap();
        assert_eq!(text, r#"{"field":["a","b"],"test":{"gte":3}}"#);
        assert_eq!(serde_json::from_str::<Condition>(&text).unwrap(), condition);
    }
}
