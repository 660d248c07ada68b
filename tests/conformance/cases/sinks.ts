import { type Case, call, calls, done, gives, harmless, misshapen, refused } from '../case.ts'
import { DEFAULT_CONFIG } from './defaults.ts'

/** Logger, metrics, serial and entropy. */
export const sinkCases: readonly Case[] = [
  calls('a log goes where it is told to', ({ dir }) => [
    call(
      'PUT /logger',
      { log_path: `${dir}/log`, level: 'Debug', show_level: true, show_log_origin: true },
      done,
    ),
    call('PUT /logger', { level: 'Info' }, done),
    call('GET /vm/config', gives(DEFAULT_CONFIG)),
  ]),
  ...['Off', 'Error', 'Warning', 'Warn', 'Info', 'Debug', 'Trace', 'INFO', 'WARNING'].map((level) =>
    calls(`the log has the level ${level}`, () => [call('PUT /logger', { level }, done)]),
  ),
  harmless('an unknown level is refused', () =>
    call('PUT /logger', { level: 'Loud' }, misshapen('')),
  ),
  harmless('a log that cannot be opened is refused', ({ missing }) =>
    call('PUT /logger', { log_path: `${missing}/log` }, refused(/^Logger error: .*No such file/)),
  ),
  harmless('a logger has known fields', () =>
    call('PUT /logger', { colour: true }, misshapen('unknown field `colour`')),
  ),
  calls('metrics go where they are told to, once', ({ dir }) => [
    call('PUT /metrics', { metrics_path: `${dir}/metrics` }, done),
    call(
      'PUT /metrics',
      { metrics_path: `${dir}/metrics` },
      refused(/^Metrics error: Cannot initialize the metrics system due to bad user input: /),
    ),
  ]),
  harmless('metrics that cannot be opened are refused', ({ missing }) =>
    call(
      'PUT /metrics',
      { metrics_path: `${missing}/metrics` },
      refused(/^Metrics error: Cannot initialize the metrics system due to bad user input: /),
    ),
  ),
  harmless('metrics want their path', () =>
    call('PUT /metrics', {}, misshapen('missing field `metrics_path`')),
  ),
  calls('the console goes where it is told to', ({ dir }) => [
    call('PUT /serial', { serial_out_path: `${dir}/serial` }, done),
    call('PUT /serial', {}, done),
  ]),
  harmless('the console has known fields', () =>
    call('PUT /serial', { path: '/x' }, misshapen('unknown field `path`')),
  ),
  calls('entropy is configured, limited, and told', () => [
    call('PUT /entropy', {}, done),
    call(
      'PUT /entropy',
      { rate_limiter: { bandwidth: { size: 1000, refill_time: 100, one_time_burst: 5 } } },
      done,
    ),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        entropy: {
          rate_limiter: {
            bandwidth: { size: 1000, one_time_burst: 5, refill_time: 100 },
            ops: null,
          },
        },
      }),
    ),
  ]),
  calls('entropy without limits is told so', () => [
    call('PUT /entropy', {}, done),
    call('GET /vm/config', gives({ ...DEFAULT_CONFIG, entropy: { rate_limiter: null } })),
  ]),
  harmless('entropy has known fields', () =>
    call('PUT /entropy', { source: '/dev/zero' }, misshapen('unknown field `source`')),
  ),
]
