// The control plane: the same paths and words as the embedded mock provider's
// `/__control`, as far as the specs need them, so that one spec drives both.

import { text } from 'node:stream/consumers';

const PREFIX = '/__control/';

/** Koa middleware that answers `/__control/…` and leaves the rest to the provider. */
export function controlPlane({ ledger, endGrants, replaySuperseded }) {
  const routes = {
    'GET health': () => ({ status: 'ok' }),
    'GET calls': (_, query) => ledger.calls(query.get('user')),
    'DELETE calls': (_, query) => ledger.forgetCalls(query.get('user')),
    'GET user': (user) => ledger.settings(user),
    'PUT user': (user, _, body) => {
      const unknown = ledger.change(user, JSON.parse(body));
      if (unknown) throw new Refused(`unknown setting "${unknown}"`);
      return ledger.settings(user);
    },
    'DELETE user': (user) => ledger.forget(user),
    'POST user/revoke': (user) => endGrants(user),
    'POST user/replay': (user) => replaySuperseded(user),
  };

  return async (ctx, next) => {
    if (!ctx.path.startsWith(PREFIX)) return next();
    const [room, user, action] = ctx.path.slice(PREFIX.length).split('/').map(decodeURIComponent);
    const name = room === 'users' ? ['user', action].filter(Boolean).join('/') : room;
    const route = routes[`${ctx.method} ${name}`];
    if (!route) return ctx.throw(404);
    try {
      const answer = await route(user, new URLSearchParams(ctx.querystring), await text(ctx.req));
      ctx.body = answer ?? {};
    } catch (error) {
      if (!(error instanceof Refused || error instanceof SyntaxError)) throw error;
      ctx.status = 400;
      ctx.body = { error: error.message };
    }
  };
}

/** The caller asked for something that can't be done; the message says what. */
export class Refused extends Error {}
