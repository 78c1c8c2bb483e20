// What a provider under test remembers beside its own storage: the settings a
// test gave each user, the token calls that were made, and the refresh tokens
// it handed out, so that a test can play the thief who kept an old one.

const DEFAULTS = { access_token_ttl: 300, refresh_faults: [] };

export class Ledger {
  #settings = new Map();
  #calls = [];
  #issued = new Map();

  settings(user) {
    return { ...DEFAULTS, ...this.#settings.get(user) };
  }

  /** Returns the name of the first member it doesn't know, or nothing. */
  change(user, changes) {
    const unknown = Object.keys(changes).find((name) => !(name in DEFAULTS));
    if (!unknown) this.#settings.set(user, { ...this.settings(user), ...changes });
    return unknown;
  }

  forget(user) {
    this.#settings.delete(user);
  }

  /** How long the answer to this user's refresh is to be held back, once per ask. */
  takeDelay(user) {
    const [fault, ...rest] = this.settings(user).refresh_faults;
    if (fault?.kind !== 'slow') return 0;
    this.change(user, { refresh_faults: rest });
    return fault.ms;
  }

  record(call) {
    this.#calls.push({ at_ms: Date.now(), ...call });
  }

  calls(user) {
    return this.#calls.filter((call) => !user || call.user === user);
  }

  forgetCalls(user) {
    this.#calls = this.#calls.filter((call) => user && call.user !== user);
  }

  issued(user, refreshToken) {
    this.#issued.set(user, [...this.refreshTokens(user), refreshToken]);
  }

  /** Oldest first; never leaves the provider's process. */
  refreshTokens(user) {
    return this.#issued.get(user) ?? [];
  }

  /** Whose refresh token a refused request carried. */
  ownerOf(refreshToken) {
    for (const [user, tokens] of this.#issued) if (tokens.includes(refreshToken)) return user;
    return null;
  }
}
