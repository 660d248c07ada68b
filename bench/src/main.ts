import { Command } from 'commander'
import { addDocument } from './command/add-document.ts'
import { addParts } from './command/add-parts.ts'
import { addRun } from './command/add-run.ts'

const program = new Command('bench').description('one program, all figures')
addRun(program)
addDocument(program)
addParts(program)
await program.parseAsync()
