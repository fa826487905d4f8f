//! What stands between a client and a server, and lets something go wrong with the requests that it is told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use graph_checkpointers::HttpSaver;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::raw::Http;
use crate::support::served::TOKEN;

/// What happens before the client is told that something went wrong.
pub(crate) type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What goes wrong with a request.
pub(crate) enum Fault {
    /// The connection breaks before it arrives.
    RequestLost,
    /// The connection breaks before the reply.
    ReplyLost,
    /// The connection breaks in the middle of the reply's head.
    HeadCut,
    /// The connection breaks in the middle of the reply's body.
    BodyCut,
    /// It arrives twice, and the second reply is given.
    Twice,
    /// It isn't passed on, and answered with this status.
    Refused(u16),
    /// It is passed on, and answered with this status.
    Answered(u16),
    /// It is passed on, and never answered.
    Held,
    /// It is passed on, or it isn't; then this happens, and the connection breaks.
    Lost { passed: bool, then: Meanwhile },
}

struct Inner {
    target: Mutex<SocketAddr>,
    faults: Mutex<VecDeque<Fault>>,
    requests: Mutex<Vec<Http>>,
}

/// It passes on whatever it has no fault for.
#[derive(Clone)]
pub(crate) struct Proxy {
    address: SocketAddr,
    inner: Arc<Inner>,
}

impl Proxy {
    pub(crate) async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            inner: Arc::new(Inner {
                target: Mutex::new(target),
                faults: Mutex::default(),
                requests: Mutex::default(),
            }),
        };
        let inner = proxy.inner.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(inner.clone().serve(stream));
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn client(&self) -> HttpSaver {
        HttpSaver::connect(&self.url(), TOKEN).await.unwrap()
    }

    /// What goes wrong with the next requests, in this order.
    pub(crate) fn plan(&self, faults: impl IntoIterator<Item = Fault>) {
        self.inner.faults.lock().unwrap().extend(faults);
    }

    /// Passes on to another server from now on.
    pub(crate) fn turn_to(&self, target: SocketAddr) {
        *self.inner.target.lock().unwrap() = target;
    }

    /// All that was asked since the last time.
    pub(crate) fn requests(&self) -> Vec<Http> {
        std::mem::take(&mut self.inner.requests.lock().unwrap())
    }

    /// That everything that was planned has gone wrong.
    pub(crate) fn assert_all_happened(&self) {
        assert!(self.inner.faults.lock().unwrap().is_empty());
    }
}

impl Inner {
    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        while let Some(request) = Http::read(&mut stream).await {
            self.requests.lock().unwrap().push(request.clone());
            let fault = self.faults.lock().unwrap().pop_front();
            let is_cut = matches!(fault, Some(Fault::HeadCut | Fault::BodyCut));
            let Some(answer) = self.answer(&request, fault).await else {
                return;
            };
            if stream.write_all(&answer).await.is_err() || is_cut {
                return;
            }
        }
    }

    /// What the client is given; nothing more where the connection breaks.
    async fn answer(&self, request: &Http, fault: Option<Fault>) -> Option<Vec<u8>> {
        match fault {
            None => Some(self.passed(request).await.bytes()),
            Some(Fault::RequestLost) => None,
            Some(Fault::ReplyLost) => {
                self.passed(request).await;
                None
            }
            Some(Fault::HeadCut) => Some(cut(&self.passed(request).await, |head, _| head / 2)),
            Some(Fault::BodyCut) => {
                let whole = self.passed(request).await;
                Some(cut(&whole, |head, body| head + body / 2))
            }
            Some(Fault::Twice) => {
                self.passed(request).await;
                Some(self.passed(request).await.bytes())
            }
            Some(Fault::Refused(status)) => Some(status_of(status)),
            Some(Fault::Answered(status)) => {
                self.passed(request).await;
                Some(status_of(status))
            }
            Some(Fault::Held) => {
                self.passed(request).await;
                std::future::pending().await
            }
            Some(Fault::Lost { passed, then }) => {
                if passed {
                    self.passed(request).await;
                }
                then.await;
                None
            }
        }
    }

    async fn passed(&self, request: &Http) -> Http {
        let target = *self.target.lock().unwrap();
        request
            .clone()
            .with("connection", "close")
            .send(target)
            .await
    }
}

/// A part of a reply, and the end of the connection with it.
fn cut(reply: &Http, at: impl Fn(usize, usize) -> usize) -> Vec<u8> {
    let bytes = reply.clone().with("connection", "close").bytes();
    let body = reply.body.len();
    bytes[..at(bytes.len() - body, body)].to_vec()
}

fn status_of(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} From A Proxy\r\ncontent-length: 4\r\n\r\nwhat").into_bytes()
}
