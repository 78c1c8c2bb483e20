//! The HTTP layer: everything of the server that knows axum.
//!
//! | module | holds |
//! |---|---|
//! | `router` | the routes, and the layers around them |
//! | `ingress` | checks before any endpoint: client address, host, origin, rate limits; request ids |
//! | `headers` | headers of every response, and the reports of the content security policy |
//! | `pages` | the pages, and the files they need |
//! | `backchannel` | back-channel logout |
//! | `connections` | how many there may be, and how long each may be silent |
//! | `shutdown` | how the server stops |

mod backchannel;
pub mod connections;
pub mod headers;
pub mod ingress;
pub mod pages;
pub mod router;
pub mod shutdown;
