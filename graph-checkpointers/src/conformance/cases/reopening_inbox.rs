//! Messages outlast the handles that sent them.

use graph_runtime::Message;

use super::super::Reopen;
use super::super::kit::{key, put, receiving};

pub async fn messages_are_there_again(place: Reopen) {
    let position = place.open().await.send(&key("t"), b"x".to_vec()).await;
    let message = Message {
        position: position.unwrap(),
        payload: b"x".to_vec(),
    };
    let found = place.open().await.inbox(&key("t")).await;
    assert_eq!(found.unwrap(), [message]);
}

pub async fn what_was_received_stays_away(place: Reopen) {
    let store = place.open().await;
    let position = store.send(&key("t"), b"x".to_vec()).await.unwrap();
    put(&store, &key("t"), receiving(&[position])).await;
    drop(store);
    let store = place.open().await;
    assert!(store.inbox(&key("t")).await.unwrap().is_empty());
    assert!(store.send(&key("t"), b"y".to_vec()).await.unwrap() > position);
}

pub async fn one_handle_receives_what_another_sends(place: Reopen) {
    let (one, two) = (place.open().await, place.open().await);
    for number in 0..10u8 {
        let position = one.send(&key("t"), vec![number]).await.unwrap();
        let found = two.inbox(&key("t")).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].position, &found[0].payload),
            (position, &vec![number])
        );
        put(&two, &key("t"), receiving(&[position])).await;
    }
}
