//! `/apps`.

use crate::desk::Desk;
use serde_json::json;

#[tokio::test]
async fn the_first_start_has_the_default_app_and_the_mixers() {
    let desk = Desk::open().await;
    let (status, apps) = desk.get("/apps").await;
    assert_eq!(status, 200);
    let names: Vec<_> = apps.as_array().expect("a bare list").iter().map(|app| app["name"].clone()).collect();
    assert_eq!(names, [json!("live"), json!("program")]);
    let (status, app) = desk.get("/apps/live").await;
    assert_eq!((status, &app["livekitRoomPrefix"]), (200, &json!("live")));
    assert_eq!(desk.get("/apps/nothing").await.0, 404);
}
