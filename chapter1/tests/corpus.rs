//! The corpus: every program of `programs/` with all that it prints.

mod common;

use common::{Run, workspace_root};
use insta::{assert_snapshot, glob};

#[test]
fn programs() {
    glob!("../programs", "*.ks", |path| {
        let path = path.canonicalize().unwrap();
        let root = workspace_root().canonicalize().unwrap();
        let path = path.strip_prefix(root).unwrap();
        assert_snapshot!(Run::new().argument(path).finish());
    });
}
