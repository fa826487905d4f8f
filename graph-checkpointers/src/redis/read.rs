//! What reads: a moment's line, lists, threads, writes. Each sees one state of the server.

use ::redis::Cmd;
use graph_runtime::{
    At, Chain, Message, Page, Query, Record, StoreError, ThreadKey, Timestamp, Usage, Write,
};

use super::change::{Desk, whole};
use super::reply::{self, Reply, odd};
use super::row::{self, read_number, signed, unsigned};
use super::script::{self, Call, Source};

/// The length of a due time.
const DUE_DIGITS: usize = 19;

/// The length of any other time.
const TIME_DIGITS: usize = 20;

impl Desk {
    pub(super) async fn load(&self, key: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let wanted = match at {
            At::Head => String::new(),
            At::Moment(id) => id.to_string(),
        };
        let call = self.asking(&script::LOAD, key).shown(&wanted);
        let mut reply = whole(key, self.link.read(&call).await?)?;
        if reply.word == "none" {
            return Ok(None);
        }
        let head = row::read_id(&reply.text()?)?;
        let sequence = read_number(&reply.text()?)?;
        let rewrites = read_number(&reply.text()?)?;
        let mut line = records(&mut reply)?;
        line.reverse();
        Ok(Some(Chain {
            records: line,
            writes: writes(&mut reply)?,
            sequence,
            head: Some(head),
            rewrites,
        }))
    }

    pub(super) async fn list(
        &self,
        key: &ThreadKey,
        query: &Query,
    ) -> Result<Vec<Record>, StoreError> {
        // Nothing is as new as what can't be counted.
        let countable = |before: &u64| i64::try_from(*before).is_ok();
        let before = query.before.filter(countable).map(signed);
        let call = self
            .asking(&script::LIST, key)
            .shown(&before.unwrap_or_default())
            .shown(&query.limit.map_or(String::new(), |limit| limit.to_string()))
            .shown(&u8::from(query.without_inputs));
        let mut reply = whole(key, self.link.read(&call).await?)?;
        records(&mut reply)
    }

    pub(super) async fn writes(&self, key: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        let call = self.asking(&script::WAITING, key).text("writes");
        writes(&mut whole(key, self.link.read(&call).await?)?)
    }

    pub(super) async fn inbox(&self, key: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        let call = self.asking(&script::WAITING, key).text("inbox");
        let mut reply = whole(key, self.link.read(&call).await?)?;
        let message = |(position, payload): (Vec<u8>, _)| {
            let position = std::str::from_utf8(&position).map_err(|_| odd())?;
            let position = read_number(position)?;
            Ok(Message { position, payload })
        };
        let found = reply::pairs(reply.value()?)?.into_iter().map(message);
        let mut messages: Vec<_> = found.collect::<Result<_, StoreError>>()?;
        messages.sort_unstable_by_key(|message| message.position);
        Ok(messages)
    }

    pub(super) async fn threads(
        &self,
        namespace: &str,
        page: &Page,
    ) -> Result<Vec<String>, StoreError> {
        // No id is empty, so all come after nothing.
        let from = format!("({}", page.after.as_deref().unwrap_or_default());
        let key = self.prefix.namespace(namespace).threads();
        let entries = self.entries(&key, &from, "+", page.limit).await?;
        let text = |entry| String::from_utf8(entry).map_err(|_| odd());
        entries.into_iter().map(text).collect()
    }

    pub(super) async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let countable = |time: u64| i64::try_from(time).is_ok().then(|| signed(time));
        let from = match &page.after {
            None => "-".to_owned(),
            Some((thread, due)) => match countable(due.as_micros()) {
                Some(due) => format!("({due}{thread}"),
                // Nothing is as late as what can't be counted.
                None => return Ok(Vec::new()),
            },
        };
        let next = now.as_micros().checked_add(1).and_then(countable);
        let to = next.map_or("+".to_owned(), |next| format!("({next}"));
        let key = self.prefix.namespace(namespace).due();
        let entries = self.entries(&key, &from, &to, page.limit).await?;
        timed(&entries, DUE_DIGITS)
    }

    pub(super) async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let from = page
            .after
            .as_ref()
            .map_or("-".to_owned(), |(thread, time)| {
                format!("({}{thread}", unsigned(time.as_micros()))
            });
        let to = format!("({}", unsigned(before.as_micros()));
        let key = self.prefix.namespace(namespace).written();
        let entries = self.entries(&key, &from, &to, page.limit).await?;
        timed(&entries, TIME_DIGITS)
    }

    /// The paths below, and how much is stored of each with what is at the key itself.
    pub(super) async fn below(&self, key: &ThreadKey) -> Result<Vec<(String, Usage)>, StoreError> {
        let thread = self.prefix.thread(key);
        let call = Call::new(&script::USAGE, [thread.paths()])
            .text(key.thread())
            .text(key.path())
            .text(&thread.base);
        let mut reply = whole(key, self.link.read(&call).await?)?;
        let place = |place| {
            let mut parts = reply::values(place)?.into_iter();
            let mut next = || parts.next().ok_or_else(odd).and_then(reply::text);
            let path = next()?;
            let mut number = || next().and_then(|text| read_number(&text));
            let usage = Usage {
                records: number()?,
                writes: number()?,
                messages: number()?,
                bytes: number()?,
            };
            Ok((path, usage))
        };
        reply.values()?.into_iter().map(place).collect()
    }

    /// A script that reads a place.
    fn asking<'c>(&self, source: &'static Source, key: &'c ThreadKey) -> Call<'c> {
        Call::new(source, self.prefix.place(key).reading())
            .text(key.thread())
            .text(key.path())
    }

    /// The entries of an index between two others, in byte order.
    async fn entries(
        &self,
        index: &str,
        from: &str,
        to: &str,
        limit: Option<usize>,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let limit = limit.and_then(|limit| i64::try_from(limit).ok());
        let mut range = Cmd::new();
        range.arg("ZRANGEBYLEX").arg(index).arg(from).arg(to);
        range.arg("LIMIT").arg(0).arg(limit.unwrap_or(-1));
        let entries = reply::values(self.link.ask(&range).await?)?;
        entries.into_iter().map(reply::bytes).collect()
    }
}

fn records(reply: &mut Reply) -> Result<Vec<Record>, StoreError> {
    let rows = reply.values()?.into_iter();
    rows.map(|row| row::read_record(&reply::bytes(row)?))
        .collect()
}

fn writes(reply: &mut Reply) -> Result<Vec<Write>, StoreError> {
    let found = reply::pairs(reply.value()?)?.into_iter();
    let found = found.map(|(key, payload)| row::read_write(&key, payload));
    let mut writes: Vec<_> = found.collect::<Result<_, _>>()?;
    // By number, where the server has no order.
    writes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(writes)
}

fn timed(entries: &[Vec<u8>], digits: usize) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let read = |entry: &Vec<u8>| row::read_timed(entry, digits);
    entries.iter().map(read).collect()
}
