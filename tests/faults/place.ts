import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Layout } from '@vulcan/backend-firecracker'

/** What each fake VMM writes before all else. */
export const CONSOLE = 'the console of a fake VM'

const libexecDir =
  process.env['VULCAN_LIBEXEC'] ?? resolve(import.meta.dirname, '../../dist/libexec')

/** Directories of this run alone, with images that nobody reads. */
export class Place implements AsyncDisposable {
  readonly root: string
  readonly layout: Layout
  #files = 0

  private constructor(root: string) {
    this.root = root
    this.layout = {
      homeDir: join(root, 'home'),
      runDir: join(root, 'run'),
      leasesDir: join(root, 'leases'),
      libexecDir,
    }
  }

  /** Below `/tmp`: sockets allow no longer path. */
  static async create(): Promise<Place> {
    const place = new Place(await mkdtemp('/tmp/vf-'))
    await mkdir(join(place.root, 'tmp'))
    await fillHome(place.layout.homeDir)
    return place
  }

  /** A directory for temporary files of the harness, so that they are told from those of owners. */
  get temporaryDir(): string {
    return join(this.root, 'tmp')
  }

  /** A path that nobody has used yet. */
  newPath(name: string): string {
    this.#files += 1
    return join(this.temporaryDir, `${this.#files}-${name}`)
  }

  async script(name: string, ...lines: readonly string[]): Promise<string> {
    const path = this.newPath(name)
    await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 })
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}

/** Kernel, initrd and a root file system, as far as a fake VMM needs them. */
export async function fillHome(homeDir: string): Promise<void> {
  await mkdir(join(homeDir, 'rootfs'), { recursive: true })
  for (const file of ['vmlinux', 'initrd', 'rootfs/python.ext4']) {
    await writeFile(join(homeDir, file), 'not read by the fake')
  }
}
