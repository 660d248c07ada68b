import multiprocessing
import sys


def show(queue):
    queue.put((__name__, sys.argv, sys.path[-3:]))


if __name__ == '__main__':
    context = multiprocessing.get_context('forkserver')
    queue = context.Queue()
    process = context.Process(target=show, args=[queue])
    process.start()
    print(queue.get())
    process.join()
    print(process.exitcode)
