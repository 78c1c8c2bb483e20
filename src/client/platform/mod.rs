//! The browser's interfaces: the only module of the client that names `web_sys`, `js_sys`, `gloo` or `idb`.
//!
//! It knows nothing of sessions, chats or pages. It compiles on the server too, but must not be called there: effects and
//! event handlers, which never run on the server, are the places to call it from.
//!
//! | file | |
//! |---|---|
//! | `location` | the page's URL and origin; navigation away from the app |
//! | `url` | parses the URL of a link |
//! | `web_storage` | Web Storage: of this tab, of all tabs |
//! | `indexed_db` | one object store of texts and keys |
//! | `crypto` | WebCrypto: P-256 signatures, AES-GCM, SHA-256, random values |
//! | `locks` | Web Locks |
//! | `broadcast` | `BroadcastChannel` |
//! | `clock` | monotonic and wall clock, sleeping, local time |
//! | `visibility` | whether the page is visible, and when it wakes |
//! | `frame` | animation frames |
//! | `listeners` | events of the window: keys, input, network |
//! | `keyboard` | what a key press means, on this device |
//! | `document` | title, language, theme, metadata, width |
//! | `dom` | elements: focus, text fields, scrolling, dialogs |
//! | `popover` | popovers, and the menus in them |
//! | `clipboard`, `files` | copying a text, saving a file |
//! | `offered_files` | files that are dropped, pasted or chosen |
//! | `tasks` | tasks that outlive the component that starts them |

pub mod broadcast;
pub mod clipboard;
pub mod clock;
pub mod crypto;
pub mod document;
pub mod dom;
pub mod files;
pub mod frame;
pub mod indexed_db;
pub mod keyboard;
pub mod listeners;
pub mod location;
pub mod locks;
pub mod offered_files;
pub mod popover;
pub mod tasks;
pub mod url;
pub mod visibility;
pub mod web_storage;
