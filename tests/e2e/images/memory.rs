//! The most memory that a server has during something. The kernel keeps it (`VmHWM`, proc(5)) and forgets it when asked.

use crate::support::server::Server;
use std::fs;

pub struct Peak(u32);

impl Peak {
    /// Forgets what was before.
    pub fn from_now(server: &Server) -> Self {
        let pid = server.pid();
        fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("the peak is forgotten");
        Self(pid)
    }

    /// The whole process at its highest since then, in KiB.
    pub fn kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).expect("its status");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its peak");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
    }
}
