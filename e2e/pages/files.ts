// Files of messages: those of the message that is being written, and those of a question.

import { expect, type Locator, type Page } from '@playwright/test';

import { wordsOf, type Words } from './words';

export interface TestFile {
  name: string;
  mimeType: string;
  text: string | Buffer;
}

export function filesOf(page: Page, words: Words = wordsOf()) {
  const form = page.locator('form.composer');
  const attached = page.getByRole('group', { name: words.files }).getByRole('listitem');
  const dialog = page.getByRole('dialog');
  const buffer = (text: string | Buffer) => (typeof text === 'string' ? Buffer.from(text) : text);

  return {
    attach: form.getByRole('button', { name: words.attach }),
    attached,
    refusal: page.locator('.refused'),
    status: page.locator('.files-status'),
    dialog,
    /** The text of a file, in the dialog. */
    text: dialog.getByRole('region'),
    /** Those of a question. */
    ofQuestion: (question: Locator) => question.getByRole('list', { name: words.files }).getByRole('listitem'),

    /** By the button, as a person does it. */
    async choose(...files: TestFile[]) {
      const chooser = page.waitForEvent('filechooser');
      await this.attach.click();
      const payload = files.map(({ name, mimeType, text }) => ({ name, mimeType, buffer: buffer(text) }));
      await (await chooser).setFiles(payload);
    },

    /** Anywhere on the page. */
    async drop(target: Locator, ...files: TestFile[]) {
      const bytes = files.map(({ name, mimeType, text }) => ({ name, mimeType, bytes: [...buffer(text)] }));
      await target.evaluate((element, files) => {
        const dataTransfer = new DataTransfer();
        for (const { name, mimeType, bytes } of files) {
          dataTransfer.items.add(new File([new Uint8Array(bytes)], name, { type: mimeType }));
        }
        for (const type of ['dragover', 'drop']) {
          element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }
      }, bytes);
    },

    /** Into the text field. Returns whether the browser was left to paste it. */
    paste: (field: Locator, forms: Record<string, string>) =>
      field.evaluate((element, forms) => {
        const clipboardData = new DataTransfer();
        for (const [type, text] of Object.entries(forms)) clipboardData.setData(type, text);
        return element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      }, forms),

    async open(file: Locator) {
      await file.getByRole('button', { name: words.openFile }).click();
      await expect(dialog).toBeVisible();
    },

    close: () => dialog.getByRole('button', { name: words.close }).click(),
  };
}

/** A report like those of Oracle's Automatic Workload Repository, of about so many characters. */
export function awrReport(chars: number): string {
  const head = '<html><head><title>AWR</title><style>td { color: red }</style><script>alert(1)</script></head><body>'
    + '<h1>WORKLOAD REPOSITORY report for DB ORCL</h1>';
  const sections = ['Load Profile', 'Top 10 Foreground Events by Total Wait Time', 'SQL ordered by Elapsed Time'];
  const row = (name: string, n: number) =>
    `<tr><td class='awrc'>${name} event ${n}</td><td align="right">${n * 1_234}</td><td align="right">${n}.5</td></tr>\n`;
  const table = (name: string) => {
    const rows = Array.from({ length: Math.ceil(chars / sections.length / 45) }, (_, n) => row(name, n)).join('');
    return `<h3>${name}</h3><table border="1"><tr><th>Event</th><th>Waits</th><th>% DB time</th></tr>\n${rows}</table>`;
  };
  return `${head}${sections.map(table).join('<p />')}</body></html>`;
}
