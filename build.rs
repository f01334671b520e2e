//! Tells cargo what is embedded, so that a change of it builds anew, and the program when it was built.

use std::time::SystemTime;

fn main() -> std::io::Result<()> {
    // Embedding needs the folder; without `make web` it is empty and the pages say so.
    std::fs::create_dir_all("web/dist")?;
    for embedded in ["web/dist", "migrations", "pipelines"] {
        println!("cargo:rerun-if-changed={embedded}");
    }
    // Seconds since 1970. Whoever wants the same binary twice says the time.
    let said = std::env::var("SOURCE_DATE_EPOCH").ok().filter(|said| said.parse::<u64>().is_ok());
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    println!("cargo:rustc-env=BUILT_AT={}", said.unwrap_or_else(|| now().to_string()));
    for variable in ["SOURCE_DATE_EPOCH", "BUILT_FROM"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    Ok(())
}
