//! Yours. To begin, copy the starter over this file.

pub(super) use super::starter::often;
