import { expect, test } from 'vitest';
import { imageTag } from './image-tag.ts';

test.each<[string, string]>([
  ['nginx', 'latest'],
  ['nginx:latest', 'latest'],
  ['nginx:1.25', '1.25'],
  ['library/nginx', 'latest'],
  ['localhost/nginx', 'latest'],
  ['registry.example.com:5000/team/app', 'latest'],
  ['registry.example.com:5000/team/app:v1', 'v1'],
  ['Registry/app', 'latest'],
  [`nginx@sha256:${'a'.repeat(64)}`, ''],
  [`nginx:1@sha256:${'a'.repeat(64)}`, '1'],
  ['a_b/c__d/e--f', 'latest'],
  ['', ''],
  ['nginx:', ''],
  ['Nginx', ''],
  ['with space', ''],
  ['-lead', ''],
  ['a___b', ''],
  ['a:5000/', ''],
  [`${'a'.repeat(256)}`, ''],
  ['a'.repeat(64), ''],
  [`nginx:${'t'.repeat(129)}`, ''],
])('the tag of %j is %j', (image, tag) => {
  expect(imageTag(image)).toBe(tag);
});
