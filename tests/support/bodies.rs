//! What is stored, as text in which nothing is left that differs from run to run.

use graph_runtime::Record;

/// The bodies of records, which come newest first, ids and the name of each run aside.
pub fn texts(mut records: Vec<Record>) -> Vec<String> {
    records.reverse();
    let ids: Vec<_> = records.iter().map(|record| record.id.to_string()).collect();
    let plain = |payload: Vec<u8>| {
        let text = String::from_utf8(payload).unwrap();
        let body = text.split_once('\n').unwrap().1;
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let run = value["run"]["id"].as_str().unwrap_or("no run");
        let body = body.replace(run, "the run");
        let numbered = ids.iter().enumerate();
        numbered.fold(body, |body, (number, id)| {
            body.replace(id, &format!("moment {number}"))
        })
    };
    records
        .into_iter()
        .map(|record| plain(record.payload))
        .collect()
}
