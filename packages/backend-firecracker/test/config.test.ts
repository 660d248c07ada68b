import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '@vulcan/schema'
import { loadConfig } from '../src/config.ts'

test('without variables every setting has its default, files in the data directory', () => {
  assert.deepEqual(loadConfig({}, '/data'), {
    kernelPath: '/data/vmlinux',
    initrdPath: '/data/initrd',
    rootfsDir: '/data/rootfs',
    firecrackerBin: undefined,
    jailerBin: undefined,
    cniConfigDir: '/etc/cni/conf.d',
    cniBinDirs: ['/opt/cni/bin', '/usr/lib/cni'],
    vsockPort: 1024,
    cidBase: 3,
    jailerEnabled: false,
    maxConcurrentVms: 10,
    defaultVcpus: 1,
    defaultMemMib: 512,
    scratchMib: 1024,
    bootTimeoutMs: undefined,
    networkDefault: 'none',
    networkMax: 'public',
    dns: ['1.1.1.1', '8.8.8.8'],
    searchPath: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  })
})

test('each variable sets its field', () => {
  const env = {
    VULCAN_FC_KERNEL_PATH: '/k',
    VULCAN_FC_INITRD_PATH: '/i',
    VULCAN_FC_ROOTFS_DIR: '/r',
    VULCAN_FC_BIN: '/f',
    VULCAN_FC_CNI_CONFIG_DIR: '/cc',
    VULCAN_FC_CNI_BIN_DIR: '/cb',
    VULCAN_FC_VSOCK_PORT: '2000',
    VULCAN_FC_CID_BASE: '50',
    VULCAN_FC_JAILER: 'true',
    VULCAN_FC_JAILER_BIN: '/j',
    VULCAN_FC_MAX_CONCURRENT_VMS: '4',
    VULCAN_FC_DEFAULT_VCPUS: '2',
    VULCAN_FC_DEFAULT_MEM_MB: '1024',
    VULCAN_FC_SCRATCH_MIB: '64',
    VULCAN_FC_BOOT_TIMEOUT_MS: '9000',
    VULCAN_FC_NETWORK_DEFAULT: 'public',
    VULCAN_FC_NETWORK_MAX: 'all',
    VULCAN_FC_DNS: '9.9.9.9,2620:fe::fe',
    PATH: '/p',
  }
  assert.deepEqual(Object.values(loadConfig(env, '/data')), [
    '/k',
    '/i',
    '/r',
    '/f',
    '/j',
    '/cc',
    ['/cb'],
    2000,
    50,
    true,
    4,
    2,
    1024,
    64,
    9000,
    'public',
    'all',
    ['9.9.9.9', '2620:fe::fe'],
    '/p',
  ])
})

test('a wrong value is refused by the name of its variable and what it takes', () => {
  for (const [variable, value] of [
    ['VULCAN_FC_KERNEL_PATH', 'relative'],
    ['VULCAN_FC_VSOCK_PORT', '0'],
    ['VULCAN_FC_VSOCK_PORT', '1e3'],
    ['VULCAN_FC_CID_BASE', '2'],
    ['VULCAN_FC_DEFAULT_MEM_MB', '12'],
    ['VULCAN_FC_DEFAULT_VCPUS', ''],
    ['VULCAN_FC_JAILER', 'yes'],
    ['VULCAN_FC_NETWORK_MAX', 'some'],
    ['VULCAN_FC_NETWORK_DEFAULT', 'all'],
    ['VULCAN_FC_DNS', '1.1.1.1,resolver.example'],
    ['VULCAN_FC_DNS', '1.1.1.1,1.0.0.1,8.8.8.8,8.8.4.4'],
  ] as const) {
    assert.throws(
      () => loadConfig({ [variable]: value }, '/data'),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.variable === variable &&
        error.message.includes(`${variable} is "${value}", but takes a`),
    )
  }
})
