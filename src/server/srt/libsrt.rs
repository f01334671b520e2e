//! Safe wrappers for the few calls of libsrt that a listener needs. The only file with calls into C.
//!
//! The library is the one that GStreamer's own SRT elements bring (Debian: libsrt1.5-gnutls); it is loaded when a
//! listener is opened, so that a machine without it can still do everything else.
//!
//! Refuses to know: the payload, and admission.

#![expect(unsafe_code, reason = "calls of a C library")]

use libloading::{Library, Symbol};
use std::{
    ffi::{CStr, c_char, c_int, c_void},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::OnceLock,
    time::Duration,
};

/// The library's file names in distributions, ABI 1.5 first.
const NAMES: [&str; 4] = ["libsrt-gnutls.so.1.5", "libsrt.so.1.5", "libsrt-openssl.so.1.5", "libsrt.so.1"];

// Numbers of `SRT_SOCKOPT` and of errors, from libsrt 1.4 and 1.5 (srtcore/srt.h).
const RCVTIMEO: c_int = 14;
const PASSPHRASE: c_int = 26;
const RCVLATENCY: c_int = 43;
const PEERIDLETIMEO: c_int = 55;
const TIMED_OUT: c_int = 6003;
const NOTHING_THERE: c_int = 6002;
/// Errors only; the library's own log goes to standard error.
const LOG_CRITICAL: c_int = 2;

type Hook = unsafe extern "C" fn(*mut c_void, c_int, c_int, *const c_void, *const c_char) -> c_int;

struct Calls {
    create_socket: unsafe extern "C" fn() -> c_int,
    setsockflag: unsafe extern "C" fn(c_int, c_int, *const c_void, c_int) -> c_int,
    bind: unsafe extern "C" fn(c_int, *const c_void, c_int) -> c_int,
    listen: unsafe extern "C" fn(c_int, c_int) -> c_int,
    listen_callback: unsafe extern "C" fn(c_int, Hook, *mut c_void) -> c_int,
    accept: unsafe extern "C" fn(c_int, *mut c_void, *mut c_int) -> c_int,
    getsockname: unsafe extern "C" fn(c_int, *mut c_void, *mut c_int) -> c_int,
    recvmsg: unsafe extern "C" fn(c_int, *mut c_char, c_int) -> c_int,
    close: unsafe extern "C" fn(c_int) -> c_int,
    getlasterror: unsafe extern "C" fn(*mut c_int) -> c_int,
    getlasterror_str: unsafe extern "C" fn() -> *const c_char,
    setrejectreason: unsafe extern "C" fn(c_int, c_int) -> c_int,
    _library: Library,
}

/// The library, loaded and started once; it is never unloaded, since its threads keep running.
fn calls() -> io::Result<&'static Calls> {
    static CALLS: OnceLock<Result<Calls, String>> = OnceLock::new();
    CALLS.get_or_init(open).as_ref().map_err(|why| io::Error::new(io::ErrorKind::NotFound, why.clone()))
}

fn open() -> Result<Calls, String> {
    // SAFETY: loading runs the initialisers of a system library, as linking to it would.
    let library = NAMES.iter().find_map(|name| unsafe { Library::new(name) }.ok());
    let library = library.ok_or_else(|| format!("SRT needs the library {} (libsrt1.5-gnutls)", NAMES[0]))?;
    fn call<T: Copy>(library: &Library, name: &str) -> Result<T, String> {
        // SAFETY: the types are those of srt.h; they have been the same since libsrt 1.4.
        let symbol: Result<Symbol<T>, _> = unsafe { library.get(name.as_bytes()) };
        symbol.map(|symbol| *symbol).map_err(|_| format!("the SRT library is too old: it lacks {name}"))
    }
    let startup: unsafe extern "C" fn() -> c_int = call(&library, "srt_startup")?;
    let setloglevel: unsafe extern "C" fn(c_int) = call(&library, "srt_setloglevel")?;
    let calls = Calls {
        create_socket: call(&library, "srt_create_socket")?,
        setsockflag: call(&library, "srt_setsockflag")?,
        bind: call(&library, "srt_bind")?,
        listen: call(&library, "srt_listen")?,
        listen_callback: call(&library, "srt_listen_callback")?,
        accept: call(&library, "srt_accept")?,
        getsockname: call(&library, "srt_getsockname")?,
        recvmsg: call(&library, "srt_recvmsg")?,
        close: call(&library, "srt_close")?,
        getlasterror: call(&library, "srt_getlasterror")?,
        getlasterror_str: call(&library, "srt_getlasterror_str")?,
        setrejectreason: call(&library, "srt_setrejectreason")?,
        _library: library,
    };
    // SAFETY: both may be called at any time; starting is counted, so GStreamer's own start does no harm.
    unsafe {
        setloglevel(LOG_CRITICAL);
        if startup() < 0 {
            return Err("the SRT library does not start".into());
        }
    }
    Ok(calls)
}

/// The rejection code in the handshake for a refused caller (SRT Access Control Guidelines, rejection codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    BadRequest = 1400,
    Overload = 1402,
    Forbidden = 1403,
    NotFound = 1404,
    BadMode = 1405,
    Conflict = 1409,
    Unavailable = 1503,
}

/// A caller, before it is admitted.
#[derive(Debug)]
pub struct Caller<'a> {
    /// The number its socket will have.
    pub socket: i32,
    pub peer: SocketAddr,
    /// Empty when the caller gave none.
    pub stream_id: &'a str,
}

/// Admits or rejects callers, on the thread that reads the port: it must be quick.
pub type CallerCheck = Box<dyn Fn(Caller) -> Result<(), Rejection> + Send + Sync>;

/// A listening socket.
#[derive(Debug)]
pub struct Listener(Socket);

/// A connection, closed when it is dropped.
#[derive(Debug)]
pub struct Socket(c_int);

/// The result of a read.
#[derive(Debug)]
pub enum Received<'a> {
    /// One message.
    Bytes(&'a [u8]),
    /// Nothing within the read timeout.
    Nothing,
    /// The connection is over.
    Gone,
}

/// How a listener is set up.
#[derive(Debug)]
pub struct Options<'a> {
    /// Time for the retransmission of a lost packet.
    pub latency: Duration,
    /// 10 to 79 bytes; without one there is no encryption.
    pub passphrase: Option<&'a str>,
    /// A peer that is silent for this long is gone.
    pub peer_idle: Duration,
    /// Timeout of one read.
    pub read: Duration,
}

impl Listener {
    /// Binds a UDP port and answers callers on it according to `check`.
    ///
    /// # Errors
    /// The library is missing, or its error.
    pub fn bind(address: SocketAddr, options: &Options, check: CallerCheck) -> io::Result<Self> {
        let calls = calls()?;
        // SAFETY: no arguments.
        let socket = Socket(checked(calls, unsafe { (calls.create_socket)() })?);
        let millis = |time: Duration| c_int::try_from(time.as_millis()).unwrap_or(c_int::MAX);
        // Options of a listener apply to the connections made through it.
        socket.set(calls, RCVLATENCY, &millis(options.latency).to_ne_bytes())?;
        socket.set(calls, PEERIDLETIMEO, &millis(options.peer_idle).to_ne_bytes())?;
        socket.set(calls, RCVTIMEO, &millis(options.read).to_ne_bytes())?;
        if let Some(passphrase) = options.passphrase {
            socket.set(calls, PASSPHRASE, passphrase.as_bytes())?;
        }
        let (bytes, length) = to_sockaddr(address);
        // The library may still be in the hook when the listener is closed; so the closure is leaked. It is small, and
        // there is one per listener.
        let check: &'static CallerCheck = Box::leak(Box::new(check));
        // SAFETY: the address is a sockaddr of the length given; the hook's argument lives for ever.
        unsafe {
            checked(calls, (calls.bind)(socket.0, bytes.0.as_ptr().cast(), length))?;
            checked(calls, (calls.listen_callback)(socket.0, hook, ptr::from_ref(check).cast_mut().cast()))?;
            checked(calls, (calls.listen)(socket.0, 128))?;
        }
        Ok(Self(socket))
    }

    /// The address it listens on, with the actual port.
    ///
    /// # Errors
    /// The library's error.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let calls = calls()?;
        let (mut bytes, mut length) = (Address([0; 28]), 28);
        // SAFETY: room of the length given.
        checked(calls, unsafe { (calls.getsockname)(self.0.0, bytes.0.as_mut_ptr().cast(), &raw mut length) })?;
        from_sockaddr(&bytes.0).ok_or_else(|| io::Error::other("the SRT library gave no address"))
    }

    /// Waits for the next admitted caller. Blocks until [`close`](Self::close).
    ///
    /// # Errors
    /// The library's error; always after the listener was closed.
    pub fn accept(&self) -> io::Result<(Socket, i32)> {
        let calls = calls()?;
        // SAFETY: the address is not asked for.
        let socket = checked(calls, unsafe { (calls.accept)(self.0.0, ptr::null_mut(), ptr::null_mut()) })?;
        Ok((Socket(socket), socket))
    }

    /// Frees the port and ends an [`accept`](Self::accept) that waits.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Socket {
    /// Waits for a message.
    pub fn receive<'a>(&self, buffer: &'a mut [u8]) -> Received<'a> {
        let Ok(calls) = calls() else { return Received::Gone };
        let room = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        // SAFETY: room of the length given.
        let size = unsafe { (calls.recvmsg)(self.0, buffer.as_mut_ptr().cast(), room) };
        match usize::try_from(size) {
            Ok(0) => Received::Gone,
            Ok(size) => buffer.get(..size).map_or(Received::Gone, Received::Bytes),
            // SAFETY: the system's error number is not asked for.
            Err(_) => match unsafe { (calls.getlasterror)(ptr::null_mut()) } {
                TIMED_OUT | NOTHING_THERE => Received::Nothing,
                _ => Received::Gone,
            },
        }
    }

    fn set(&self, calls: &Calls, option: c_int, value: &[u8]) -> io::Result<()> {
        let length = c_int::try_from(value.len()).unwrap_or(0);
        // SAFETY: a value of the length given, of the type that the option has.
        checked(calls, unsafe { (calls.setsockflag)(self.0, option, value.as_ptr().cast(), length) }).map(|_| ())
    }

    fn close(&self) {
        if let Ok(calls) = calls() {
            // SAFETY: a number that is no longer a socket is refused, not misused; numbers are not reused soon.
            unsafe { (calls.close)(self.0) };
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.close();
    }
}

/// A `sockaddr`, large and aligned enough for both families.
#[repr(C, align(8))]
struct Address([u8; 28]);

/// `AF_INET` and `AF_INET6` of Linux.
const FAMILIES: (u16, u16) = (2, 10);

fn to_sockaddr(address: SocketAddr) -> (Address, c_int) {
    let mut bytes = [0; 28];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(2, &address.port().to_be_bytes());
    let length = match address {
        SocketAddr::V4(v4) => {
            put(0, &FAMILIES.0.to_ne_bytes());
            put(4, &v4.ip().octets());
            16
        }
        SocketAddr::V6(v6) => {
            put(0, &FAMILIES.1.to_ne_bytes());
            put(8, &v6.ip().octets());
            put(24, &v6.scope_id().to_ne_bytes());
            28
        }
    };
    (Address(bytes), length)
}

fn from_sockaddr(bytes: &[u8; 28]) -> Option<SocketAddr> {
    let part = |at: usize| [bytes[at], bytes[at + 1]];
    let port = u16::from_be_bytes(part(2));
    match u16::from_ne_bytes(part(0)) {
        family if family == FAMILIES.0 => {
            let octets: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(octets)), port))
        }
        family if family == FAMILIES.1 => {
            let octets: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            let scope = u32::from_ne_bytes(bytes.get(24..28)?.try_into().ok()?);
            Some(SocketAddrV6::new(Ipv6Addr::from(octets), port, 0, scope).into())
        }
        _ => None,
    }
}

/// The peer's address as the library hands it to the hook.
///
/// # Safety
/// `address` is null or a `sockaddr` of its family.
unsafe fn peer(address: *const c_void) -> Option<SocketAddr> {
    if address.is_null() {
        return None;
    }
    let mut bytes = [0; 28];
    // SAFETY: every sockaddr begins with two bytes of family, and has the length of it.
    unsafe {
        let family = ptr::read_unaligned(address.cast::<u16>());
        let length = if family == FAMILIES.1 { 28 } else { 16 };
        ptr::copy_nonoverlapping(address.cast::<u8>(), bytes.as_mut_ptr(), length);
    }
    from_sockaddr(&bytes)
}

unsafe extern "C" fn hook(
    check: *mut c_void,
    socket: c_int,
    _version: c_int,
    address: *const c_void,
    stream_id: *const c_char,
) -> c_int {
    // A panic must not run through the library's frames.
    let judged = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: it is what `bind` gave, and lives for ever.
        let check = unsafe { &*check.cast::<CallerCheck>() };
        // SAFETY: the library gives the caller's address, and a string that ends with zero or null.
        let (peer, text) = unsafe { (peer(address), (!stream_id.is_null()).then(|| CStr::from_ptr(stream_id))) };
        let (Some(peer), Ok(stream_id)) = (peer, text.map_or(Ok(""), CStr::to_str)) else {
            return Err(Rejection::BadRequest);
        };
        check(Caller { socket, peer, stream_id })
    }));
    match judged.unwrap_or(Err(Rejection::Unavailable)) {
        Ok(()) => 0,
        Err(why) => {
            if let Ok(calls) = calls() {
                // SAFETY: the socket is the one that is being made.
                unsafe { (calls.setrejectreason)(socket, why as c_int) };
            }
            -1
        }
    }
}

fn checked(calls: &Calls, result: c_int) -> io::Result<c_int> {
    if result >= 0 {
        return Ok(result);
    }
    // SAFETY: the text is the library's and stays until this thread's next call.
    let text = unsafe {
        let text = (calls.getlasterror_str)();
        if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
    };
    Err(io::Error::other(format!("SRT: {}", text.trim())))
}
