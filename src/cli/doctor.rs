//! `lumencast doctor` and `lumencast devices`: what this machine has.

use crate::{
    app::show::survey::{self, survey},
    config::Config,
};
use anyhow::bail;
use std::{
    net::{TcpListener, UdpSocket},
    path::Path,
};

/// Prints what is there and what is not; fails when something needed is missing.
pub fn run(config: &Config) -> anyhow::Result<()> {
    let found = survey()?;
    let mut missing = 0;
    let mut say = |good: bool, what: String| {
        missing += u32::from(!good);
        println!("{} {what}", if good { "ok     " } else { "MISSING" });
    };
    say(true, found.version.clone());
    let there = found.looked_for - found.missing.len();
    say(found.missing.is_empty(), format!("{there} of {} GStreamer elements", found.looked_for));
    for (element, package) in &found.missing {
        say(false, format!("element {element}: package {package}"));
    }
    for (codec, encoder) in &found.encoders {
        match encoder {
            Ok(element) => say(true, format!("{codec} encoder: {element}")),
            Err(reason) => say(false, format!("{codec} encoder: {reason}")),
        }
    }
    let tcp = config.tcp_listeners().into_iter().map(|(key, at)| (key, at, TcpListener::bind(at).map(drop)));
    let udp = config.udp_listeners().into_iter().map(|(key, at)| (key, at, UdpSocket::bind(at).map(drop)));
    for (key, address, bound) in tcp.chain(udp) {
        match bound {
            Ok(()) => say(true, format!("{key} {address} is free")),
            Err(error) => say(false, format!("{key} {address}: {error}")),
        }
    }
    let folder = config.data_dir.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    match free_mb(folder) {
        Some(free) => {
            let needed = u64::from(config.record.min_free_mb);
            say(free >= needed, format!("disk of {}: {free} MB free, {needed} needed", config.data_dir.display()));
        }
        None => say(false, format!("disk of {}: cannot be read", config.data_dir.display())),
    }
    if missing > 0 {
        bail!("{missing} {} missing", if missing == 1 { "thing is" } else { "things are" });
    }
    Ok(())
}

/// Lists capture devices.
pub fn devices() -> anyhow::Result<()> {
    let devices = survey::devices()?;
    if devices.is_empty() {
        println!("GStreamer sees no capture device.");
    }
    for device in devices {
        println!("{} ({})", device.name, device.class);
        device.formats.iter().for_each(|format| println!("    {format}"));
    }
    Ok(())
}

/// Megabytes that the disk of a folder has left for this user.
fn free_mb(folder: &Path) -> Option<u64> {
    crate::app::show::survey::free_bytes(folder).map(|bytes| bytes / 1_000_000)
}
