//! Sets the embedded folders as inputs of the build, so that a change triggers a rebuild, and the build time of the
//! program.

use std::time::SystemTime;

fn main() -> std::io::Result<()> {
    // Embedding needs the folder; without `make web` it is empty and the pages say so.
    std::fs::create_dir_all("web/dist")?;
    for embedded in ["web/dist", "migrations", "pipelines"] {
        println!("cargo:rerun-if-changed={embedded}");
    }
    // Seconds since 1970. Reproducible builds set the time.
    let said = std::env::var("SOURCE_DATE_EPOCH").ok().filter(|said| said.parse::<u64>().is_ok());
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    println!("cargo:rustc-env=BUILT_AT={}", said.unwrap_or_else(|| now().to_string()));
    for variable in ["SOURCE_DATE_EPOCH", "BUILT_FROM"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    Ok(())
}
