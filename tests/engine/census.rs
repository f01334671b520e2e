//! A count of GStreamer's live objects, kept by a tracer, which is called when an object is made and when it is freed.

use gst::{glib, prelude::*, subclass::prelude::*};
use std::{
    collections::HashSet,
    ptr::NonNull,
    sync::{LazyLock, Mutex, PoisonError},
};

static ALIVE: Mutex<Alive> = Mutex::new(Alive { objects: None, pipelines: None });

/// The addresses of all objects, and of the pipelines among them.
struct Alive {
    objects: Option<HashSet<usize>>,
    pipelines: Option<HashSet<usize>>,
}

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
            let address = object.as_ptr() as usize;
            with(|alive| alive.objects.get_or_insert_default().insert(address));
            if object.is::<gst::Pipeline>() {
                with(|alive| alive.pipelines.get_or_insert_default().insert(address));
            }
        }

        fn object_destroyed(&self, _: u64, object: NonNull<gst::ffi::GstObject>) {
            let address = object.as_ptr() as usize;
            with(|alive| {
                alive.objects.get_or_insert_default().remove(&address);
                alive.pipelines.get_or_insert_default().remove(&address);
            });
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
    with(|alive| alive.pipelines.as_ref().map_or(0, HashSet::len))
}

/// Objects of any kind that were made since the count began and are not freed.
#[allow(dead_code)] // not every test binary counts objects
pub fn objects() -> usize {
    with(|alive| alive.objects.as_ref().map_or(0, HashSet::len))
}

fn with<T>(look: impl FnOnce(&mut Alive) -> T) -> T {
    look(&mut ALIVE.lock().unwrap_or_else(PoisonError::into_inner))
}
