//! More pixels: a small neural network where its weights are there, along edges where they are not.
