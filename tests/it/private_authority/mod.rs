//! Services with certificates of a private authority, over real TLS: which are accepted (`CA_FILE` and the setting of each
//! service), what the doctor and the log say about the others, client certificates, and proxies.

mod client_certificates;
mod files;
mod proxies;
mod services;
mod traffic;
