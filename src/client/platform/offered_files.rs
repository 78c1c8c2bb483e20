//! Files and long texts that a person drops on the page, pastes or chooses.

use futures_channel::mpsc;
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ClipboardEvent, DataTransfer, DragEvent, Event, File, FileList, HtmlElement, HtmlInputElement, HtmlTextAreaElement,
    window,
};

use super::listeners::Listener;

pub struct OfferedFile(File);

pub enum Offer {
    Files(Vec<OfferedFile>),
    /// A text that was pasted.
    Text(String),
    /// The HTML of what was pasted, where it has a table.
    Html(String),
}

impl OfferedFile {
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Empty where the browser does not know it.
    pub fn media_type(&self) -> String {
        self.0.type_()
    }

    /// In bytes.
    pub fn size(&self) -> usize {
        self.0.size() as usize
    }

    /// `None` where the file can't be read: it is a folder, or was removed.
    pub async fn bytes(&self) -> Option<Vec<u8>> {
        let buffer = JsFuture::from(self.0.array_buffer()).await.ok()?;
        Some(Uint8Array::new(&buffer).to_vec())
    }
}

/// What is dropped anywhere on the page, and files or texts longer than `short` (in UTF-16 units) that are pasted into the text
/// field with the id `field`. The browser would open a dropped file in place of the page.
pub fn offers(field: &'static str, short: usize) -> ([Listener; 3], mpsc::UnboundedReceiver<Offer>) {
    let (sender, offers) = mpsc::unbounded();
    let dragged = Listener::on_window("dragover", |event| {
        if let Some(dragged) = dragged_files(&event) {
            event.prevent_default();
            dragged.set_drop_effect("copy");
        }
    });
    let dropping = sender.clone();
    let dropped = Listener::on_window("drop", move |event| {
        if let Some(dropped) = dragged_files(&event) {
            event.prevent_default();
            // Fails only when the receiver was dropped.
            let _ = dropping.unbounded_send(Offer::Files(files(dropped.files())));
        }
    });
    let pasted = Listener::on_window("paste", move |event| {
        let into_field = event
            .target()
            .is_some_and(|target| target.dyn_ref::<HtmlTextAreaElement>().is_some_and(|target| target.id() == field));
        let clipboard = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
        if let Some(offer) = clipboard.filter(|_| into_field).and_then(|clipboard| pasted(&clipboard, short)) {
            event.prevent_default();
            let _ = sender.unbounded_send(offer);
        }
    });
    ([dragged, dropped, pasted], offers)
}

/// Opens the browser's dialog of a file input.
pub fn choose(id: &str) {
    let input = window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id(id));
    if let Some(input) = input.and_then(|input| input.dyn_into::<HtmlElement>().ok()) {
        input.click();
    }
}

/// The files that were chosen in it. It is emptied, so that the same file can be chosen again.
pub fn take_chosen(id: &str) -> Vec<OfferedFile> {
    let input = window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id(id));
    let Some(input) = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) else { return vec![] };
    let chosen = files(input.files());
    input.set_value("");
    chosen
}

fn dragged_files(event: &Event) -> Option<DataTransfer> {
    let transfer = event.dyn_ref::<DragEvent>()?.data_transfer()?;
    transfer.types().iter().any(|kind| kind.as_string().as_deref() == Some("Files")).then_some(transfer)
}

/// `None` for what the browser is to paste. Of a text with a picture of it, as spreadsheets copy, the text counts.
fn pasted(clipboard: &DataTransfer, short: usize) -> Option<Offer> {
    let text = clipboard.get_data("text/plain").unwrap_or_default();
    if text.is_empty() {
        return Some(files(clipboard.files())).filter(|files| !files.is_empty()).map(Offer::Files);
    }
    text.encode_utf16().nth(short)?;
    let html = clipboard.get_data("text/html").unwrap_or_default();
    Some(if html.contains("<table") { Offer::Html(html) } else { Offer::Text(text) })
}

fn files(list: Option<FileList>) -> Vec<OfferedFile> {
    let list = list.iter().flat_map(|list| (0..list.length()).filter_map(|at| list.get(at)));
    list.map(OfferedFile).collect()
}
