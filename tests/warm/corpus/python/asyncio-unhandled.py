import asyncio


async def fail():
    raise ValueError('in a task')


async def main():
    asyncio.create_task(fail())
    await asyncio.sleep(0.001)
    print('goes on')


asyncio.run(main())
