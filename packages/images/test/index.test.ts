import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as images from '../src/index.ts'

test('the package exports what other packages need, and no more', () => {
  assert.deepEqual(Object.keys(images).toSorted(), [
    'BuildProgramError',
    'BuildToolMissingError',
    'DEFAULT_SCRATCH_MIB',
    'GuestAgentMissingError',
    'ImageDamagedError',
    'ImageMissingError',
    'KernelFormatError',
    'LinkOccupiedError',
    'NoSpaceError',
    'UnknownImageError',
    'buildImages',
    'createScratchDrive',
    'imageNames',
    'listImages',
    'resolveImage',
    'resolveRootfs',
    'verifyImage',
  ])
})
