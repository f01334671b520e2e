//! `/apps/{app}/config` and the ladder.

use crate::server::{Server, not_found, refusal};
use serde_json::json;

#[tokio::test]
async fn the_settings_about_sizes_and_coding_have_the_documents_defaults() {
    let server = Server::open().await;
    let (status, view) = server.get("/apps/live/config").await;
    let reason = view["transcoding"]["hwaccelResolved"]["reason"].clone();
    assert!(reason.is_string(), "{view}");
    let wanted = json!({
        "app": "live",
        "adaptive": true,
        "layers": [
            { "name": "high", "height": 720 }, { "name": "med", "height": 480 }, { "name": "low", "height": 240 },
        ],
        "rtmp": { "enabled": true, "transcode": true },
        "features": {
            "rtmpPassword": false, "viewerCounter": true, "chat": false, "reactions": false, "hiddenQc": true,
            "adaptivePlayer": true, "publicPlayback": true,
            "wsIngest": { "enabled": true, "maxCameras": 0, "maxFps": 15, "maxFrameKb": 256 },
        },
        "transcoding": {
            "enabled": false, "encoding": "h264", "vodAdaptive": false, "vodRenditions": [], "hwaccel": "auto",
            "hwaccelResolved": { "requested": "auto", "effective": "cpu", "type": "none", "reason": reason },
        },
    });
    assert_eq!((status, view), (200, wanted));
    assert_eq!(server.get("/apps/nothing/config").await, not_found("App not found"));
}

#[tokio::test]
async fn a_patch_replaces_lists_keeps_the_rest_and_answers_the_view() {
    let server = Server::open().await;
    let change = json!({
        "transcodingEnabled": true, "encoding": "h264+vp8", "vodAdaptive": true, "hwaccel": "cpu",
        "vodRenditions": [{ "height": 720, "bitrateKbps": 2800 }, { "height": 480, "bitrateKbps": "1400" }],
        "layers": [{ "name": "only", "height": 360 }], "adaptive": false, "rtmpTranscode": false,
        "features": { "reactions": true },
    });
    let (status, view) = server.patch("/apps/live/config", change).await;
    assert_eq!(status, 200);
    let transcoding = &view["transcoding"];
    assert_eq!((&transcoding["enabled"], &transcoding["encoding"]), (&json!(true), &json!("h264+vp8")));
    let rungs = json!([{ "height": 720, "bitrateKbps": 2800 }, { "height": 480, "bitrateKbps": 1400 }]);
    assert_eq!(transcoding["vodRenditions"], rungs);
    assert_eq!(transcoding["hwaccelResolved"]["requested"], "cpu");
    assert_eq!((&view["adaptive"], &view["rtmp"]["transcode"]), (&json!(false), &json!(false)));
    assert_eq!((&view["features"]["reactions"], &view["features"]["chat"]), (&json!(true), &json!(false)));
    assert_eq!(server.get("/apps/live/config").await, (200, view));
    assert_eq!(server.get("/apps/live/transcoding/layers").await, (200, json!([{ "name": "only", "height": 360 }])));
    let (_, kept) = server.patch("/apps/live/config", json!({ "vodRenditions": [] })).await;
    assert_eq!(kept["transcoding"]["vodRenditions"], json!([]));
    assert_eq!(kept["transcoding"]["enabled"], true);
}

#[tokio::test]
async fn what_is_out_of_range_is_said_at_its_place() {
    let server = Server::open().await;
    let layer = |name: &str, height: i64| json!({ "name": name, "height": height });
    for (change, messages) in [
        (json!({ "layers": [] }), vec!["layers must contain at least 1 elements"]),
        (json!({ "layers": vec![layer("a", 1); 9] }), vec!["layers must contain no more than 8 elements"]),
        (
            json!({ "layers": [layer("A", 4321), {}] }),
            vec![
                "layers.0.name must match /^[a-z0-9_-]{1,20}$/ regular expression",
                "layers.0.height must not be greater than 4320",
                "layers.1.name should not be empty",
                "layers.1.name must be a string",
                "layers.1.height must be an integer number",
            ],
        ),
        (
            json!({ "vodRenditions": [{ "height": 143, "bitrateKbps": 99 }] }),
            vec![
                "vodRenditions.0.height must not be less than 144",
                "vodRenditions.0.bitrateKbps must not be less than 100",
            ],
        ),
        (
            json!({ "encoding": "av1", "hwaccel": 1 }),
            vec![
                "encoding must be one of the following values: h264, h264+vp8",
                "hwaccel must be one of the following values: auto, gpu, cpu",
            ],
        ),
    ] {
        assert_eq!(server.patch("/apps/live/config", change.clone()).await, refusal(400, &messages), "{change}");
    }
}
