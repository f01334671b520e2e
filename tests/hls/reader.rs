//! The viewer's side: an endpoint on loopback, playlists read back, ffprobe and ffmpeg as checkers.

use lumencast::{
    app::{
        access::contract::{AccessRequest, Refusal},
        rooms::hls::HlsStream,
    },
    server::hls::HlsAccess,
};
use std::{
    net::SocketAddr,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, process::Command};

pub struct HlsServer {
    pub hls_stream: Arc<HlsStream>,
    address: SocketAddr,
    client: reqwest::Client,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for HlsServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One HLS stream, at one address.
struct Offer(Arc<HlsStream>);

impl HlsAccess for Offer {
    fn hls_stream(&self, reader: &AccessRequest) -> Result<Arc<HlsStream>, Refusal> {
        match (&*reader.app, &*reader.room) {
            ("live", "input-1") => Ok(self.0.clone()),
            _ => Err(Refusal::UnknownRoom),
        }
    }
}

#[derive(Debug)]
pub struct Segment {
    pub msn: u64,
    pub duration: f64,
    pub uri: String,
}

#[derive(Debug)]
pub struct Packet {
    pub time: f64,
    /// When it is decoded, and for how long, in ticks; `None` where ffprobe does not know, as of the last one of a
    /// track.
    pub decoded: Option<(i64, i64)>,
    pub key: bool,
    /// A reader of fragments throws it away.
    pub discarded: bool,
}

#[derive(Debug)]
pub struct Played {
    pub complaints: String,
    pub frames: u64,
    /// Each size once, in order.
    pub sizes: Vec<String>,
}

impl HlsServer {
    pub fn open(hls_stream: Arc<HlsStream>) -> Self {
        let offer = Arc::new(Offer(hls_stream.clone()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let server = tokio::spawn(warp::serve(lumencast::server::hls::routes(offer)).incoming(listener).run());
        Self { hls_stream, address, client: reqwest::Client::new(), server }
    }

    pub fn url(&self, file: &str) -> String {
        format!("http://{}/hls/live/input-1/{file}", self.address)
    }

    pub async fn request(&self, method: &str, file: &str) -> reqwest::Response {
        self.client.request(method.parse().unwrap(), self.url(file)).send().await.unwrap()
    }

    pub async fn get(&self, file: &str) -> reqwest::Response {
        self.request("GET", file).await
    }

    pub async fn text(&self, file: &str) -> String {
        let response = self.get(file).await;
        assert_eq!(response.status(), 200, "{file}");
        response.text().await.unwrap()
    }

    /// Polls until a playlist is there and is as wished; 30 s at most.
    pub async fn until(&self, file: &str, wished: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let response = self.get(file).await;
            let status = response.status();
            let text = response.text().await.unwrap();
            if status == 200 && wished(&text) {
                return text;
            }
            assert!(Instant::now() < deadline, "{file} did not become as wished: {status} {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The initialization segment and the first `count` segments of a playlist, one behind the other.
    pub async fn join(&self, playlist: &str, count: usize) -> Vec<u8> {
        let mut bytes = self.get(&map(playlist)).await.bytes().await.unwrap().to_vec();
        for segment in &segments(playlist)[..count] {
            let response = self.get(&segment.uri).await;
            assert_eq!(response.status(), 200, "{segment:?}");
            bytes.extend_from_slice(&response.bytes().await.unwrap());
        }
        bytes
    }

    /// Has ffmpeg decode this many seconds from the live edge.
    pub async fn play(&self, seconds: u32) -> Played {
        self.ffmpeg(&[], seconds).await
    }

    /// Has ffmpeg decode this many seconds from the first segment of the playlist.
    pub async fn play_from_start(&self, seconds: u32) -> Played {
        self.ffmpeg(&["-live_start_index", "0"], seconds).await
    }

    async fn ffmpeg(&self, options: &[&str], seconds: u32) -> Played {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-loglevel", "warning", "-nostdin"]).args(options);
        command.args(["-i", &self.url("master.m3u8")]);
        let length = seconds.to_string();
        // One line per decoded picture, as it comes; the scaler would hide changes of size.
        command.args(["-map", "0:v", "-autoscale", "0", "-fps_mode", "passthrough", "-t", &length]);
        command.args(["-f", "framecrc", "pipe:1", "-map", "0:a", "-t", &length, "-f", "null", "-"]);
        let out = tokio::time::timeout(Duration::from_secs(60), command.kill_on_drop(true).output()).await;
        let out = out.expect("ffmpeg ends").unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
        let mut sizes: Vec<String> = Vec::new();
        for line in &lines {
            // The number of bytes of an I420 picture gives its size.
            let bytes: u64 = line.split(',').nth(4).unwrap().trim().parse().unwrap();
            let size = match bytes {
                1_382_400 => "1280x720".to_owned(),
                345_600 => "640x360".to_owned(),
                other => other.to_string(),
            };
            if sizes.last() != Some(&size) {
                sizes.push(size);
            }
        }
        // ffmpeg's HLS reader feeds itself the initialization segment again whenever it reloads a playlist, and its MP4
        // reader remarks upon that; everything else counts.
        let stderr = String::from_utf8_lossy(&out.stderr);
        let counts = |l: &&str| !l.contains("Found duplicated MOOV Atom") && !l.contains("Last message repeated");
        let complaints = stderr.lines().filter(counts).collect();
        Played { complaints, frames: lines.len() as u64, sizes }
    }
}

/// The packets that ffprobe reads from a file's bytes; asserts the codec and that it reports no errors.
pub fn packets(bytes: &[u8], codec: &str) -> Vec<Packet> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let out = std::process::Command::new("ffprobe")
        .args(["-v", "warning", "-of", "csv", "-show_entries", "packet=pts_time,dts,duration,flags:stream=codec_name"])
        .arg(file.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains(&format!("stream,{codec}")), "{text}");
    text.lines()
        .filter_map(|line| line.strip_prefix("packet,"))
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let [time, dts, duration, flags, ..] = fields[..] else { panic!("{line}") };
            let decoded = dts.parse().ok().zip(duration.parse().ok());
            let (key, discarded) = (flags.starts_with('K'), flags.contains('D'));
            Packet { time: time.parse().unwrap(), decoded, key, discarded }
        })
        .collect()
}

/// The finished segments of a playlist.
pub fn segments(text: &str) -> Vec<Segment> {
    let mut duration = None;
    let mut found = Vec::new();
    let first = number(text, "#EXT-X-MEDIA-SEQUENCE:");
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("#EXTINF:") {
            duration = rest.trim_end_matches(',').parse().ok();
        } else if !line.starts_with('#') {
            let msn = first + found.len() as u64;
            found.push(Segment { msn, duration: duration.take().unwrap(), uri: line.to_owned() });
        }
    }
    for segment in &found {
        assert!(segment.duration.round() as u64 <= target(text), "longer than the target: {text}");
    }
    found
}

pub fn target(text: &str) -> u64 {
    number(text, "#EXT-X-TARGETDURATION:")
}

fn number(text: &str, tag: &str) -> u64 {
    text.lines().find_map(|l| l.strip_prefix(tag)).unwrap().parse().unwrap()
}

fn uri(text: &str, tag: &str) -> String {
    let line = text.lines().find(|l| l.starts_with(tag)).unwrap();
    line.split("URI=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The first initialization segment.
pub fn map(text: &str) -> String {
    uri(text, "#EXT-X-MAP")
}

/// The part that is announced.
pub fn hint(text: &str) -> String {
    uri(text, "#EXT-X-PRELOAD-HINT")
}

/// Its numbers.
pub fn next_part(text: &str) -> (u64, u64) {
    let name = hint(text);
    let numbers = name.rsplit('-').next().unwrap().strip_suffix(".m4s").unwrap().to_owned();
    let (msn, part) = numbers.split_once('.').unwrap();
    (msn.parse().unwrap(), part.parse().unwrap())
}

pub fn has_part(text: &str, msn: u64, part: u64) -> bool {
    text.lines().any(|l| l.starts_with("#EXT-X-PART:") && l.contains(&format!("-{msn}.{part}.m4s\"")))
        || next_part(text) == (msn + 1, 1)
}
