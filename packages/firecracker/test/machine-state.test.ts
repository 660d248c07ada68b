import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MachineState, OPERATIONS, type Operation, stateAfter } from '../src/machine-state.ts'

const STATES: readonly MachineState[] = ['not_started', 'running', 'paused', 'ended']
const OPERATION_NAMES = Object.keys(OPERATIONS) as Operation[]

test('nothing leads back to a machine that was not started', () => {
  for (const state of STATES.filter((state) => state !== 'not_started')) {
    for (const operation of OPERATION_NAMES) {
      assert.notEqual(stateAfter(operation, state), 'not_started', `${operation} in ${state}`)
    }
  }
})

test('an ended machine stays ended', () => {
  const left = OPERATION_NAMES.filter((operation) => stateAfter(operation, 'ended') !== undefined)
  assert.deepEqual(left, ['end'])
  assert.equal(stateAfter('end', 'ended'), 'ended')
})

test('every state can be reached from the first', () => {
  const reached = new Set<MachineState>(['not_started'])
  for (const state of reached) {
    for (const operation of OPERATION_NAMES) {
      const next = stateAfter(operation, state)
      if (next !== undefined) reached.add(next)
    }
  }
  assert.deepEqual([...reached].sort(), [...STATES].sort())
})

test('to inspect a machine never changes it', () => {
  for (const state of ['not_started', 'running', 'paused'] as const) {
    assert.equal(stateAfter('inspect', state), state)
  }
})
