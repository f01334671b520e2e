//! The connection to an RTMP server: name, TCP, TLS, publish, media. Dropping it closes the socket, however far it has come.
//!
//! Refuses to know: when to try again.

use super::tags::tags;
use crate::{
    domain::push_url::{Parts, PushUrl},
    protocol::rtmp::publisher::{Event, Names, Publisher, PublisherError, Refusal},
};
use rand::RngCore;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName},
};

/// Why there is no connection, or no longer. The text is the same each time, and holds nothing of the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// The name does not resolve.
    #[error("The host of the destination was not found")]
    HostNotFound,
    /// Nothing listens there.
    #[error("The server refuses connections")]
    ConnectionRefused,
    /// There is no way to it.
    #[error("The server cannot be reached")]
    Unreachable,
    /// It did not take the stream in time.
    #[error("The server does not answer ({0} s)")]
    NoAnswer(u64),
    /// It took the stream and stopped to read.
    #[error("The server takes no more data ({0} s)")]
    Stalled(u64),
    /// Its certificate is not good, or it does not speak TLS.
    #[error("The server has no certificate that can be trusted")]
    Untrusted,
    /// Something else listens there.
    #[error("The other end is no RTMP server")]
    NotRtmp,
    /// The application, or this client altogether.
    #[error("The server refuses the application or the login")]
    Unauthorised,
    /// The stream key.
    #[error("The server refuses the stream key")]
    KeyRefused,
    /// The stream, for a reason of its own.
    #[error("The server refuses the stream")]
    StreamRefused,
    /// It hung up before it took the stream, as many do for a wrong key.
    #[error("The server closed the connection before it took the stream")]
    ClosedEarly,
    /// It hung up later.
    #[error("The server closed the connection")]
    Closed,
    /// Of this machine.
    #[error("{0}")]
    Here(String),
}

trait Socket: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Socket for S {}

/// See the module's text.
pub(super) struct Connection {
    socket: Box<dyn Socket>,
    publisher: Publisher,
    published: bool,
    input: Vec<u8>,
}

impl Connection {
    /// Connects and publishes; done when the server has taken the stream.
    pub async fn open(destination: &PushUrl) -> Result<Self, Trouble> {
        let parts = destination.parts().map_err(|text| Trouble::Here(text.to_owned()))?;
        let socket = tcp(&parts).await?;
        let socket: Box<dyn Socket> =
            if parts.secure { Box::new(tls(&parts, socket).await?) } else { Box::new(socket) };
        let mut random = [0; 1528];
        rand::rng().fill_bytes(&mut random);
        let publisher = Publisher::new(names(&parts), random);
        let mut connection = Self { socket, publisher, published: false, input: vec![0; 16 * 1024] };
        connection.flush().await?;
        while !connection.published {
            connection.read().await?;
            connection.flush().await?;
        }
        Ok(connection)
    }

    /// Reads what the server says; what that asks for is sent with the next [`flush`](Self::flush). May be given up at any
    /// time.
    pub async fn read(&mut self) -> Result<(), Trouble> {
        let count = self.socket.read(&mut self.input).await.map_err(|_| self.closed())?;
        if count == 0 {
            return Err(self.closed());
        }
        self.publisher.feed(&self.input[..count]).map_err(of_publisher)?;
        while let Some(event) = self.publisher.poll().map_err(of_publisher)? {
            match event {
                Event::Published => self.published = true,
                Event::Refused(Refusal::Connection) => return Err(Trouble::Unauthorised),
                Event::Refused(Refusal::Key) => return Err(Trouble::KeyRefused),
                Event::Refused(Refusal::Stream) => return Err(Trouble::StreamRefused),
            }
        }
        Ok(())
    }

    /// Puts the tags of a buffer in line; [`flush`](Self::flush) sends them.
    pub fn put(&mut self, flv: &[u8]) -> Result<(), Trouble> {
        for tag in tags(flv) {
            self.publisher.media(tag.kind, tag.timestamp, tag.body).map_err(of_publisher)?;
        }
        Ok(())
    }

    /// Sends all that is in line. What is given up here leaves the connection of no more use.
    pub async fn flush(&mut self) -> Result<(), Trouble> {
        let output = self.publisher.take_output();
        if output.is_empty() {
            return Ok(());
        }
        let sent = async {
            self.socket.write_all(&output).await?;
            self.socket.flush().await
        };
        sent.await.map_err(|_: io::Error| self.closed())
    }

    /// Takes leave.
    pub async fn close(mut self) -> Result<(), Trouble> {
        self.publisher.close().map_err(of_publisher)?;
        self.flush().await?;
        self.socket.shutdown().await.map_err(|_| Trouble::Closed)
    }

    fn closed(&self) -> Trouble {
        if self.published { Trouble::Closed } else { Trouble::ClosedEarly }
    }
}

async fn tcp(parts: &Parts<'_>) -> Result<TcpStream, Trouble> {
    let addresses: Vec<SocketAddr> =
        lookup_host((parts.host, parts.port)).await.map_err(|_| Trouble::HostNotFound)?.collect();
    let mut trouble = Trouble::HostNotFound;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(socket) => {
                let _ = socket.set_nodelay(true); // at worst it is a little later
                return Ok(socket);
            }
            Err(error) => {
                trouble = match error.kind() {
                    io::ErrorKind::ConnectionRefused => Trouble::ConnectionRefused,
                    _ => Trouble::Unreachable,
                }
            }
        }
    }
    Err(trouble)
}

async fn tls(parts: &Parts<'_>, socket: TcpStream) -> Result<impl Socket + use<>, Trouble> {
    let here = |error: &dyn std::fmt::Display| Trouble::Here(format!("TLS: {error}"));
    let mut roots = RootCertStore::empty();
    // Those that cannot be read are left out, as every TLS client does.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| here(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(parts.host.to_owned()).map_err(|error| here(&error))?;
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Trouble::Untrusted,
        _ => Trouble::ClosedEarly,
    })
}

fn names(parts: &Parts<'_>) -> Names {
    let (scheme, usual) = if parts.secure { ("rtmps", 443) } else { ("rtmp", 1935) };
    let host = if parts.host.contains(':') { format!("[{}]", parts.host) } else { parts.host.to_owned() };
    let port = if parts.port == usual { String::new() } else { format!(":{}", parts.port) };
    Names {
        application: parts.application.to_owned(),
        tc_url: format!("{scheme}://{host}{port}/{}", parts.application),
        key: parts.key.to_owned(),
    }
}

fn of_publisher(error: PublisherError) -> Trouble {
    match error {
        PublisherError::Handshake | PublisherError::Chunk(_) => Trouble::NotRtmp,
        PublisherError::Write(error) => Trouble::Here(error.to_string()),
    }
}
