//! What the lights keep.

use crate::test_store::{TestStore, on_both};

on_both! {
    the_last_value_of_a_name_is_kept
}

async fn the_last_value_of_a_name_is_kept(test: TestStore) {
    let memory = test.store.lights();
    assert_eq!(memory.get("look").await.expect("rows"), None);
    for value in [r#"{"power":false}"#, r#"{"power":true,"name":"Grün"}"#] {
        memory.put("look", value).await.expect("rows");
        memory.put("other", "1").await.expect("rows");
        assert_eq!(test.again().await.lights().get("look").await.expect("rows").as_deref(), Some(value));
    }
}
