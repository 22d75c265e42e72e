/** What servers print when they start, as data: lines with placeholders, by the last part of the repository. */

/**
 * `{slash}` is the time as nginx prints it (2026/01/01 00:00:00), `{apache}` as httpd does, `{redis}` as redis does,
 * `{iso}` in RFC 3339, `{tag}` the version in the image's tag, `{host}` the pod's name, `{ip}` its address.
 */
export const startupLines: Readonly<Record<string, readonly string[]>> = {
  nginx: [
    '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration',
    '/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/',
    '/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh',
    '10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf',
    '10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf',
    '/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh',
    '/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh',
    '/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh',
    '/docker-entrypoint.sh: Configuration complete; ready for start up',
    '{slash} [notice] 1#1: using the "epoll" event method',
    '{slash} [notice] 1#1: nginx/{tag}',
    '{slash} [notice] 1#1: OS: Linux 6.1.0-41-amd64',
    '{slash} [notice] 1#1: getrlimit(RLIMIT_NOFILE): 1048576:1048576',
    '{slash} [notice] 1#1: start worker processes',
    '{slash} [notice] 1#1: start worker process 29',
    '{slash} [notice] 1#1: start worker process 30',
  ],
  httpd: [
    "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using {ip}. Set the 'ServerName' directive globally to suppress this message",
    '[{apache}] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/{tag} (Unix) configured -- resuming normal operations',
    "[{apache}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'",
  ],
  redis: [
    '1:C {redis} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo',
    '1:C {redis} * Redis version={tag}, bits=64, commit=00000000, modified=0, pid=1, just started',
    '1:C {redis} # Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf',
    '1:M {redis} * monotonic clock: POSIX clock_gettime',
    '1:M {redis} * Running mode=standalone, port=6379.',
    '1:M {redis} * Server initialized',
    '1:M {redis} * Ready to accept connections tcp',
  ],
  postgres: [
    'PostgreSQL init process complete; ready for start up.',
    '{iso} [1] LOG:  listening on IPv4 address "0.0.0.0", port 5432',
    '{iso} [1] LOG:  database system is ready to accept connections',
  ],
  mysql: [
    '{iso} 0 [System] [MY-015015] [Server] MySQL Server - start.',
    "{iso} 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '{tag}'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.",
  ],
  'hello-world': [
    '',
    'Hello from Docker!',
    'This message shows that your installation appears to be working correctly.',
    '',
  ],
  'hello-app': ['{slash} Server listening on port 8080'],
  'http-echo': ['{iso} [INFO] server is listening on :5678'],
};
