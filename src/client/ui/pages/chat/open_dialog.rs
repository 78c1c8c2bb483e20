//! Which dialog is open.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenDialog {
    None,
    Shortcuts,
    /// The list of the person's sessions.
    Sessions,
    /// What is stored about the person, and how to remove it.
    Privacy,
    /// The operator's notice, to be read again.
    Notice,
    /// Whether all conversations are to be deleted.
    DeleteAll,
}
