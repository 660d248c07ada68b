import asyncio


async def main():
    async with asyncio.timeout(5):
        results = await asyncio.gather(*(asyncio.sleep(0.001, n) for n in range(5)))
    print(results)
    process = await asyncio.create_subprocess_exec('echo', 'x', stdout=asyncio.subprocess.PIPE)
    print(await process.communicate())


asyncio.run(main())
