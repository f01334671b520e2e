//! What the lights keep.

use crate::place::{Place, on_both};

on_both! {
    the_last_value_of_a_name_is_kept
}

async fn the_last_value_of_a_name_is_kept(place: Place) {
    let memory = place.store.lights();
    assert_eq!(memory.get("look").await.expect("rows"), None);
    for value in [r#"{"power":false}"#, r#"{"power":true,"name":"Grün"}"#] {
        memory.put("look", value).await.expect("rows");
        memory.put("other", "1").await.expect("rows");
        assert_eq!(place.again().await.lights().get("look").await.expect("rows").as_deref(), Some(value));
    }
}
