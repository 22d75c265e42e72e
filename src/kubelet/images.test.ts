import { expect, test } from 'vitest';
import { findImage } from './images.ts';

const exists = (reference: string): boolean => {
  const image = findImage(reference);
  return typeof image !== 'string' && image.exists;
};

test.each([
  'nginx',
  'nginx:1.7.9',
  'nginx:1.14.2',
  'nginx:1.16.1',
  'nginx:1.27-alpine',
  'nginx:alpine',
  'nginx:stable-alpine',
  'nginx:1.27.3-alpine3.20',
  'nginx:mainline',
  'nginx:latest',
  'httpd:2.4',
  'httpd:2.4-alpine',
  'redis:7',
  'redis:6.0.5',
  'redis:7-alpine',
  'redis:alpine',
  'busybox',
  'busybox:1.28',
  'busybox:1.36.1',
  'busybox:stable',
  'alpine:3.19',
  'ubuntu:22.04',
  'debian:bookworm-slim',
  'postgres:16',
  'postgres:15-alpine',
  'mysql:8.0',
  'mysql:5.7',
  'mongo:6',
  'python:3.11-slim',
  'python:3.12-alpine',
  'node:20-alpine',
  'node:lts',
  'golang:1.22',
  'perl:5.34.0',
  'registry.k8s.io/pause:3.10',
  'registry.k8s.io/e2e-test-images/agnhost:2.53',
  'bitnami/nginx:1.27.0-debian-12-r3',
  'ghcr.io/some/app:v1.2.3',
  'my-app',
  'rabbitmq:3-management',
  'wordpress:6',
  'memcached:1.6',
  'gcr.io/google-samples/hello-app:1.0',
])('%s can be pulled', (reference) => expect(exists(reference)).toBe(true));

test.each([
  'nginx:1.161',
  'nginx:1.91.111',
  'nginx:nope',
  'nginx:latst',
  'redis:99',
  'busybox:v1',
  'alpine:foo',
  'postgres:latest1',
  'registry.invalid/app',
  'example.com/does-not-exist:1',
  'nonexistent-image',
  'app:not-found',
])('%s cannot', (reference) => expect(exists(reference)).toBe(false));
