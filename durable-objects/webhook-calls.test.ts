import { describe, expect, it } from 'vitest';
import { openWebhookCalls } from './webhook-calls.ts';

const reaches = (list: string, url: string): boolean | undefined =>
  openWebhookCalls({ WEBHOOK_HOSTS: list, PUBLIC_URL: 'https://kubicle.example.org' })?.reaches(url);

describe('the way out of clusters', () => {
  it('is closed without a list', () => {
    expect(openWebhookCalls({})).toBeUndefined();
    expect(openWebhookCalls({ WEBHOOK_HOSTS: ' , ' })).toBeUndefined();
  });

  it.each([
    ['example.com', 'https://example.com/hook?timeout=10s', true],
    ['example.com', 'https://hooks.example.com:8443/', true],
    ['.example.com', 'https://hooks.example.com/', true],
    ['other.org, Example.com', 'https://HOOKS.example.com/', true],
    ['example.com', 'https://badexample.com/', false],
    ['example.com', 'https://example.com.evil.org/', false],
    ['example.com', 'http://example.com/', false],
    ['example.com', 'https://user:secret@example.com/', false],
    ['example.com', 'https://example.com:22/', false],
    ['*', 'https://anything.example.net/', true],
    ['*', 'https://localhost/', false],
    ['*', 'https://127.0.0.1/', false],
    ['*', 'https://[::1]/', false],
    ['*', 'https://10.1.2.3/', false],
    ['*', 'https://169.254.169.254/', false],
    ['*', 'https://kubicle.example.org/', false],
    ['10.1.2.3', 'https://10.1.2.3/', false],
    ['127.0.0.1', 'https://127.0.0.1:4711/', true],
    ['127.0.0.1', 'https://localhost:4711/', false],
    ['localhost', 'https://localhost:4711/', true],
  ])('with %j open, %s: %s', (list, url, expected) => {
    expect(reaches(list, url)).toBe(expected);
  });
});
