import { expect, test } from 'vitest';
import { parseImageName } from './image-name.ts';

test.each([
  ['nginx', 'docker.io/library/nginx', 'latest', ''],
  ['nginx:1.27-alpine', 'docker.io/library/nginx', '1.27-alpine', ''],
  ['bitnami/redis', 'docker.io/bitnami/redis', 'latest', ''],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause', '3.10', ''],
  ['localhost:5000/a/b:c', 'localhost:5000/a/b', 'c', ''],
  [`busybox@sha256:${'0'.repeat(64)}`, 'docker.io/library/busybox', '', `sha256:${'0'.repeat(64)}`],
])('%s', (image, repository, tag, digest) =>
  expect(parseImageName(image)).toEqual({ repository, tag, digest }),
);

test.each([
  ['Nginx', 'invalid reference format: repository name (library/Nginx) must be lowercase'],
  ['nginx:', 'invalid reference format'],
  ['a b', 'invalid reference format'],
])('%s is refused', (image, text) => expect(parseImageName(image)).toBe(text));
