//! RTMP and FLV bytes.
