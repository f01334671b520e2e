//! Bytes of pictures to pictures and back: what is admitted, decoding, turning upright, encoding, and taking out of a
//! file what says where and by whom it was made.
