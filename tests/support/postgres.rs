//! A real PostgreSQL of its own: a fresh folder, a free port of 127.0.0.1, one database for each test.
//!
//! ```text
//! initdb ─► postgres, below a shell that ends it and clears up when this process is gone, however that went
//! ```

use super::{
    child::{POLL, tail},
    ports::Port,
};
use std::{
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// The password of its only user; it stands in addresses and must not be seen in errors.
pub const PASSWORD: &str = "s3cret-of-the-database";

/// How long it may take to start, on a machine that does much else.
const START: Duration = Duration::from_secs(60);
/// A shell that waits for the end of its input, which is that of the tests; then ends what it started and takes its folder away.
const GUARDIAN: &str = r#"folder=$1; shift; "$@" & server=$!; read -r _; kill -QUIT "$server"; wait; rm -rf "$folder""#;

/// A server that runs as long as this process.
#[derive(Debug)]
pub struct Postgres {
    guardian: Mutex<Child>,
    port: Port,
    programs: PathBuf,
    databases: AtomicU32,
}

impl Postgres {
    /// The server that the tests of this process share. Blocks while it starts.
    pub fn shared() -> &'static Self {
        static RUNNING: OnceLock<Postgres> = OnceLock::new();
        RUNNING.get_or_init(Self::start)
    }

    fn start() -> Self {
        let (programs, folder, port) = (programs(), tempfile::tempdir().expect("a folder").keep(), Port::take());
        let (data, password, log) = (folder.join("data"), folder.join("password"), folder.join("log"));
        std::fs::write(&password, PASSWORD).expect("a file");
        give(&folder);
        give(&password);
        let mut initdb = as_its_user(&programs.join("initdb"));
        initdb.args(["-U", "lumencast", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--pwfile"]);
        succeed(initdb.arg(&password).arg("-D").arg(&data));

        let mut server = as_its_user(Path::new("sh"));
        server.args(["-c", GUARDIAN, "sh"]).arg(&folder).arg(programs.join("postgres")).arg("-D").arg(&data);
        server.arg("-k").arg(&folder).args(["-p", &port.number().to_string()]);
        // What it writes need not outlive the machine.
        for setting in ["listen_addresses=127.0.0.1", "fsync=off", "autovacuum=off", "max_connections=400"] {
            server.args(["-c", setting]);
        }
        let output = super::child::log_file(&log);
        server.stdout(output.try_clone().expect("a file")).stderr(output).stdin(Stdio::piped());
        let guardian = server.spawn().expect("a shell");
        let started = Self { guardian: Mutex::new(guardian), port, programs, databases: AtomicU32::new(0) };
        let end = Instant::now() + START;
        while !started.ready() {
            let ended = started.guardian.lock().expect("a child").try_wait().expect("a child");
            assert!(ended.is_none() && Instant::now() < end, "postgres did not start: {}", tail(&log, 20));
            std::thread::sleep(POLL);
        }
        started
    }

    /// A new, empty database: its address. Blocks while it is made.
    pub fn database(&self) -> String {
        let name = format!("images_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.ask("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://lumencast:{PASSWORD}@{}/{name}", self.port.address())
    }

    /// The result that psql prints for a statement, columns apart by `|`. Panics when it fails.
    pub fn ask(&self, database: &str, statement: &str) -> String {
        let output = succeed(self.client("psql").args(["-qAtX", "-d", database, "-c", statement]));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn ready(&self) -> bool {
        let asked = self.client("pg_isready").args(["-q", "-d", "postgres"]).status();
        asked.expect("pg_isready").success()
    }

    fn client(&self, program: &str) -> Command {
        let mut client = Command::new(self.programs.join(program));
        client.args(["-h", "127.0.0.1", "-U", "lumencast", "-p", &self.port.number().to_string()]);
        client.env("PGPASSWORD", PASSWORD);
        client
    }
}

/// Where Debian keeps the programs of the newest version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("postgres").exists()).max();
    newest.expect("scripts/setup.sh test installs postgresql")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// PostgreSQL refuses to run as root; Debian has a user for it.
fn as_its_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command.current_dir("/");
    command
}

/// Gives a file or folder to that user.
fn give(path: &Path) {
    if is_root() {
        let id = |flag| {
            let output = succeed(Command::new("id").args([flag, "postgres"]));
            String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
        };
        chown(path, Some(id("-u")), Some(id("-g"))).expect("it can be given away");
    }
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o700)).expect("it can be closed");
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
