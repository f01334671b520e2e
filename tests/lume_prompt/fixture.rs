//! Real lights on a store of their own, without controllers.

use lumencast::{
    app::lights::{
        Lights, Setup,
        outputs::{LOOK_UP_EVERY, system_resolver},
        settings::SettingsChange,
    },
    lighting::Merge,
    store::Store,
};
use tempfile::TempDir;

/// Lights, and what they stand on.
pub struct Fixture {
    pub lights: Lights,
    _data: TempDir,
}

/// 160 LEDs as they come: one segment, rainbow, brightness 128.
pub async fn fixture() -> Fixture {
    let data = tempfile::tempdir().expect("a folder");
    let store = Store::open(data.path()).await.expect("a store");
    let setup = Setup {
        led_count: 160,
        gamma: 1.0,
        seed: 1,
        outputs: Vec::new(),
        resolver: system_resolver(),
        look_up_every: LOOK_UP_EVERY,
        sacn_merge: Merge::Ltp,
        artnet_listen: None,
        name: "test".to_owned(),
        sacn_listen: "127.0.0.1:0".parse().expect("an address"),
        ai_url: "https://ai.example".into(),
        rules: Vec::new(),
        memory: store.lights(),
    };
    Fixture { lights: Lights::open(setup).await.expect("lights"), _data: data }
}

impl Fixture {
    /// Changes settings.
    pub async fn set(&self, change: SettingsChange) {
        self.lights.change_settings(change).await.expect("settings");
    }
}
