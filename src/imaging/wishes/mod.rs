//! What a request wishes, from its options, its prompt and its preset: the documented vocabulary.
