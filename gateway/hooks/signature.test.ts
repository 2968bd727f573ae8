import { describe, expect, it } from 'vitest';
import { isSignedBy, signBody } from './signature.ts';

const secret = "It's a Secret to Everybody";
const body = Buffer.from('Hello, World!');
/** The example of GitHub's documentation: a sender of theirs is understood. */
const published = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

describe('isSignedBy', () => {
  it('takes the published example of a signature', () => {
    expect(isSignedBy(secret, body, published)).toBe(true);
    expect(signBody(secret, body)).toBe(published);
  });

  it('takes hex in capitals', () => {
    const [scheme, hex] = published.split('=');
    expect(isSignedBy(secret, body, `${scheme}=${hex?.toUpperCase()}`)).toBe(true);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['a scheme without a digest', 'sha256='],
    ['a digest without a scheme', published.slice('sha256='.length)],
    ['another scheme', published.replace('sha256', 'sha1')],
    ['truncated hex', published.slice(0, -2)],
    ['odd hex', published.slice(0, -1)],
    ['hex with more behind it', `${published}00`],
    ['letters that are not hex', `sha256=${'z'.repeat(64)}`],
    ['the header given twice', `${published}, ${published}`],
    ['all zeros', `sha256=${'0'.repeat(64)}`],
    ['the signature of another body', signBody(secret, 'Hello, World?')],
    ['the signature by another secret', signBody('another', body)],
  ])('refuses %s', (_name, header) => {
    expect(isSignedBy(secret, body, header)).toBe(false);
  });

  it('refuses everything where there is no secret, even what an empty one would sign', () => {
    expect(isSignedBy(undefined, body, signBody('', body))).toBe(false);
    expect(isSignedBy('', body, signBody('', body))).toBe(false);
    expect(isSignedBy(undefined, body, `sha256=${'0'.repeat(64)}`)).toBe(false);
  });

  it('signs bytes, not text: a body that decodes the same is another body', () => {
    const mark = Buffer.from([0xef, 0xbb, 0xbf]);
    expect(isSignedBy(secret, Buffer.concat([mark, body]), published)).toBe(false);
  });
});
