import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import {
  type BuildingDirectory,
  createBuildingDirectory,
  sweepDeadBuilds,
} from './building-directory.ts'
import { runProgram } from './run-program.ts'

const REMOVE_DEADLINE_MS = 2 * 60_000

/**
 * A directory for the tree that mmdebstrap makes in a user namespace: in the system's temporary
 * directory, since the ids of the namespace must reach it. The tree belongs to those ids, so that
 * nobody can just remove what a builder leaves at its sudden death; that is swept here first.
 */
export async function createMappedTemporary(
  report: (detail: string) => void,
): Promise<BuildingDirectory> {
  await sweepDeadBuilds(tmpdir(), report, removeMapped)
  return createBuildingDirectory(tmpdir(), 'tree', removeMapped)
}

async function removeMapped(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    await emptyTrees(path)
    await rm(path, { recursive: true, force: true })
  }
}

/** Empties the trees, whose root belongs to the namespace's root; what is left the user can remove. */
function emptyTrees(path: string): Promise<void> {
  const trees = [path, '-mindepth', '1', '-maxdepth', '1', '-uid', '0']
  const emptyEach = ['-exec', 'find', '{}', '-mindepth', '1', '-delete', ';']
  return runProgram({
    program: 'mmdebstrap',
    aptPackage: 'mmdebstrap',
    args: ['--unshare-helper', 'find', ...trees, ...emptyEach],
    deadlineMs: REMOVE_DEADLINE_MS,
  })
}
