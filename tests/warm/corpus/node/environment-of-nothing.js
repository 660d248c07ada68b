console.log({ ...process.env }, process.env.NOTHING, 'HOME' in process.env)
