//! The RTMP door.
