import { EXPOSURE_FLAGS, startService } from '@vulcan/host'
import type { Command } from 'commander'
import { Interruption } from './interruption.ts'

/** Declares `vulcan serve`, with a flag for each risk that an operator can take. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('run workloads for others, over HTTP, until SIGTERM or Ctrl-C')
    .option('-v, --verbose', 'print the stack of an error')
  for (const { flag, description } of Object.values(EXPOSURE_FLAGS)) {
    command.option(flag, description)
  }
  command.action(serve)
}

async function serve(allow: Readonly<Record<string, boolean>>): Promise<void> {
  using interruption = new Interruption()
  const { signal } = interruption
  await using service = await startService({ env: process.env, signal, allow })
  const { logger, url } = service
  logger.info({ url }, 'serving')
  await interruption.happened()
  logger.info('draining: what runs may end, what waits is kept; a second signal ends what runs')
  interruption.atSecondSignal(() => void service.hurry())
}
