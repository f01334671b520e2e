//! Doors orders walk through: one folder per documented control plane, plus the operator's own.
