// What is written in a token. Nothing is verified.

const part = (token: string, at: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[at], 'base64url').toString()) as Record<string, unknown>;

export const headerOf = (token: string) => part(token, 0);
export const claimsOf = (token: string) => part(token, 1);
