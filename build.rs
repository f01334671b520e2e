//! Tells cargo what is embedded, so that a change of it builds anew.

fn main() -> std::io::Result<()> {
    // Embedding needs the folder; without `make web` it is empty and the pages say so.
    std::fs::create_dir_all("web/dist")?;
    for embedded in ["web/dist", "migrations", "pipelines"] {
        println!("cargo:rerun-if-changed={embedded}");
    }
    Ok(())
}
