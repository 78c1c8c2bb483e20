// A window of the browser, with what a person sees and does in it.

import { expect } from '@playwright/test';
import { By, Key, until, type WebDriver } from 'selenium-webdriver';

import { wordsOf } from '../pages/words';

const TIMEOUT_MS = 20_000;
const words = wordsOf();
const message = By.css('textarea');

export class Window {
  private constructor(
    private readonly driver: WebDriver,
    private readonly handle: string,
  ) {}

  static async of(driver: WebDriver): Promise<Window> {
    return new Window(driver, await driver.getWindowHandle());
  }

  /** Of the same browser, so with the same storage. Not a tab, which would be hidden until somebody looks at it. */
  async another(): Promise<Window> {
    await this.driver.switchTo().newWindow('window');
    return new Window(this.driver, await this.driver.getWindowHandle());
  }

  async open(url: string) {
    await this.front();
    await this.driver.get(url);
  }

  async reload() {
    await this.front();
    await this.driver.navigate().refresh();
  }

  async url(): Promise<string> {
    await this.front();
    return this.driver.getCurrentUrl();
  }

  async screenshot(): Promise<Buffer> {
    await this.front();
    return Buffer.from(await this.driver.takeScreenshot(), 'base64');
  }

  /** At the mock provider's page. */
  async signInAs(name: string) {
    await this.front();
    await this.driver.wait(until.elementLocated(By.css('#user')), TIMEOUT_MS).sendKeys(name);
    await this.press('Continue');
  }

  async chatIsOpen() {
    await this.front();
    await this.driver.wait(until.elementLocated(message), TIMEOUT_MS);
  }

  async ask(text: string) {
    await this.type(text, Key.ENTER);
  }

  /** Into the message field. */
  async type(...keys: string[]) {
    await this.front();
    await this.driver.findElement(message).sendKeys(...keys);
  }

  /** In the account menu. */
  async signOut() {
    await this.front();
    await this.driver.findElement(By.css('header [aria-haspopup="menu"]')).click();
    await this.press(words.signOut);
  }

  /** The last answer is whole, and it is the answer to `text`. */
  async answered(text: string) {
    await expect.poll(() => this.textOfLast('article.assistant'), { timeout: TIMEOUT_MS }).toContain(text);
    await this.shows(words.send);
  }

  async press(button: string) {
    await this.front();
    const found = By.xpath(`//*[self::button or self::a or @role='menuitem'][normalize-space()='${button}']`);
    await this.driver.wait(until.elementLocated(found), TIMEOUT_MS).click();
  }

  async pressKey(key: string) {
    await this.front();
    await this.driver.actions().sendKeys(key).perform();
  }

  /** The page has this text, or gets it soon. */
  async shows(text: string | RegExp) {
    const pattern = typeof text === 'string' ? new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')) : text;
    await expect.poll(() => this.text(), { timeout: TIMEOUT_MS }).toMatch(pattern);
  }

  async text(): Promise<string> {
    await this.front();
    return this.driver.executeScript<string>('return document.body.innerText');
  }

  /** The text of the last element of this kind, if there is one. */
  async textOfLast(selector: string): Promise<string> {
    await this.front();
    return this.driver.executeScript<string>('return [...document.querySelectorAll(arguments[0])].at(-1)?.innerText ?? ""', selector);
  }

  /** In the message field. */
  async typed(): Promise<string> {
    await this.front();
    return this.driver.executeScript<string>('return document.querySelector("textarea")?.value ?? ""');
  }

  /** WebDriver knows one window at a time. */
  private async front() {
    await this.driver.switchTo().window(this.handle);
  }
}
