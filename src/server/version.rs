//! The version of this program, for people and for metrics.

/// As in `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from, where the build says so (`SOURCE_REVISION`); else empty.
pub const REVISION: &str = match option_env!("SOURCE_REVISION") {
    Some(revision) => revision,
    None => "",
};

/// `0.1.0 (1a2b3c4d5e6f)`, or without a known commit `0.1.0`.
pub fn text() -> String {
    match REVISION {
        "" => VERSION.to_owned(),
        revision => format!("{VERSION} ({revision})"),
    }
}
