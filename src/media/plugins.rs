//! Elements of our own binary: plugins that are linked in and not searched for on the machine.

use std::sync::OnceLock;

/// Registers the linked-in plugins (`cmafmux`, `isofmp4mux`), once; call after `gst::init`.
///
/// # Errors
/// A sentence, when GStreamer refuses; it is the same at every further call.
pub fn register() -> Result<(), String> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    // The plugin brings an older release of the bindings, hence its own error type.
    DONE.get_or_init(|| gstfmp4::plugin_register_static().map_err(|e| format!("the fmp4 plugin: {}", e.message)))
        .clone()
}
