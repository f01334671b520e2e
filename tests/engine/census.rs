//! A count of the pipelines that are alive, kept by a tracer: each one is told of when it is made and when it is freed.

use gst::{glib, prelude::*, subclass::prelude::*};
use std::{
    collections::HashSet,
    ptr::NonNull,
    sync::{LazyLock, Mutex, PoisonError},
};

static ALIVE: Mutex<Option<HashSet<usize>>> = Mutex::new(None);

mod imp {
    use super::*;

    #[derive(Default)]
    pub struct Census;

    #[glib::object_subclass]
    impl ObjectSubclass for Census {
        const NAME: &'static str = "LumencastTestCensus";
        type Type = super::Census;
        type ParentType = gst::Tracer;
    }

    impl ObjectImpl for Census {}
    impl GstObjectImpl for Census {}
    impl TracerImpl for Census {
        fn object_created(&self, _: u64, object: &gst::Object) {
            if object.is::<gst::Pipeline>() {
                with(|alive| alive.insert(object.as_ptr() as usize));
            }
        }

        fn object_destroyed(&self, _: u64, object: NonNull<gst::ffi::GstObject>) {
            with(|alive| alive.remove(&(object.as_ptr() as usize)));
        }
    }

    impl Census {
        pub fn begin(&self) {
            self.register_hook(TracerHook::ObjectCreated);
            self.register_hook(TracerHook::ObjectDestroyed);
        }
    }
}

glib::wrapper! {
    pub struct Census(ObjectSubclass<imp::Census>) @extends gst::Tracer, gst::Object;
}

static CENSUS: LazyLock<Census> = LazyLock::new(|| {
    gst::init().expect("GStreamer");
    let census: Census = glib::Object::new();
    census.imp().begin();
    census
});

/// Begins to count, if it has not begun.
pub fn begin() {
    LazyLock::force(&CENSUS);
}

/// Pipelines that were made since the count began and are not freed.
pub fn pipelines() -> usize {
    with(|alive| alive.len())
}

fn with<T>(look: impl FnOnce(&mut HashSet<usize>) -> T) -> T {
    look(ALIVE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}
