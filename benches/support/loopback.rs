//! Servers that play publishers: one process, an address of its own for each of as many as are asked for.
//!
//! They read of a request what they need and no more, so that they are no part of what is measured.

use super::process::{end_with_input, say};
use std::net::Ipv4Addr;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The longest request: ours are below 600 bytes.
const REQUEST_BYTES_MAX: usize = 8_192;

/// The address of a source.
pub(crate) fn address(source: usize) -> Ipv4Addr {
    // Past 127.0.0.x, where other servers of the machine listen.
    let bits = u32::try_from(source + 0x0001_0000).expect("127.0.0.0/8 has room for it");
    assert!(bits < 0x00ff_ffff, "127.0.0.0/8 has room for it");
    Ipv4Addr::from(0x7f00_0000 | bits)
}

/// Says its port, and lets each connection be answered until the input of this process ends.
pub(crate) fn serve<A: Future<Output = ()> + Send + 'static>(answer: impl Fn(TcpStream) -> A) {
    end_with_input();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime can be made").block_on(async {
        // Every address of 127.0.0.0/8 leads here; who comes from elsewhere is sent away.
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await;
        let listener = listener.expect("there is a free port");
        say(listener.local_addr().expect("it has an address").port());
        loop {
            let Ok((stream, peer)) = listener.accept().await else {
                continue;
            };
            if peer.ip().is_loopback() {
                let _ = stream.set_nodelay(true);
                tokio::spawn(answer(stream));
            }
        }
    });
}

/// Reads the next request of a connection; false where there is none.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    request: &mut Vec<u8>,
) -> bool {
    request.clear();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_buf(request).await {
            Ok(1..) if request.len() <= REQUEST_BYTES_MAX => {}
            _ => return false,
        }
    }
    true
}
