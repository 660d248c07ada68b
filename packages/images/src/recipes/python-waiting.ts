/** What holds the place of the program's name: longer than any path that the kernel takes. */
const PLACEHOLDER_CHARACTERS = 4100

export const placeholder = '='.repeat(PLACEHOLDER_CHARACTERS)

/**
 * What Python imports before any program, if it is there. It raises what Python raises without it,
 * so that it is in no list of modules.
 */
export const sitecustomize = `
"""Where an interpreter waits for its program: inside the import of site, before any of it runs.

To others this module is not there, as it was before.
"""

import sys

# No path is that long.
if sys.argv[0] == '=' * ${PLACEHOLDER_CHARACTERS}:
    import _vulcan_waiting

    del sys.modules['_vulcan_waiting']
    _vulcan_waiting.wait()

raise ModuleNotFoundError("No module named 'sitecustomize'", name='sitecustomize')
`.trim()

/**
 * Waits for a program. Python reads nothing of its command line anew after its start, hence the
 * writing to its memory; a harness that ran the program itself would be seen in every stack.
 */
export const waitingModule = String.raw`
"""Waits for a program, and makes the interpreter one that was started with it.

The interpreter was started with a placeholder for its program. What it does with its program comes
after the import of site, in C, and reads the name from its configuration: that is found in memory
while there is time, and overwritten when the name is known. Then all goes on as in any start.

The agent says what it has to say on a descriptor, in fields that end with NUL: native/guest,
workload/waiting.rs. Nothing is imported that a start has not imported before.
"""

import os
import site
import sys

CONTROL = 63


def wait():
    name = sys.argv[0]
    directory = os.getcwd() + '/'
    memory = os.open('/proc/self/mem', os.O_RDWR)
    places = find_copies(memory, name, directory)
    # The configuration holds it twice: as an argument, and as the path of the program.
    if not any(prefix for _, prefix in places) or all(prefix for _, prefix in places):
        raise SystemExit(1)
    os.write(CONTROL, b'.')
    fields = read_fields()
    os.close(CONTROL)
    if next(fields) == '0':
        null = os.open('/dev/null', os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
    name = next(fields)
    for address, prefix in places:
        os.pwrite(memory, encode(prefix + name + '\0'), address)
    os.close(memory)
    sys.argv[:] = [name] + [next(fields) for _ in range(int(next(fields)))]
    sys.orig_argv[1:] = sys.argv
    set_environment(fields)
    add_user_site()


def find_copies(memory, name, directory):
    """Where the name is in the heap, which holds the configuration, as C's wide characters; and
    what stands before it there: the directory or nothing."""
    start, end = find_heap()
    heap = os.pread(memory, end - start, start)
    copy, prefix = encode(name), encode(directory)
    found = []
    at = heap.find(copy)
    while at >= 0:
        is_path = heap.endswith(prefix, 0, at)
        found.append((start + at - is_path * len(prefix), directory if is_path else ''))
        at = heap.find(copy, at + len(copy))
    return found


def find_heap():
    maps = os.open('/proc/self/maps', os.O_RDONLY)
    text = b''
    while piece := os.read(maps, 65536):
        text += piece
    os.close(maps)
    for line in text.splitlines():
        if line.endswith(b'[heap]'):
            start, end = line.split()[0].split(b'-')
            return int(start, 16), int(end, 16)
    raise SystemExit(1)


def encode(text):
    return b''.join([ord(character).to_bytes(4, 'little') for character in text])


def read_fields():
    message = b''
    while piece := os.read(CONTROL, 65536):
        message += piece
    return iter([os.fsdecode(field) for field in message.split(b'\0')[:-1]])


def set_environment(variables):
    os.environ.clear()
    for variable in variables:
        key, _, value = variable.partition('=')
        os.environ[key] = value


def add_user_site():
    """What site found missing when the program's files were not there."""
    if not (site.ENABLE_USER_SITE and os.path.isdir(site.USER_SITE)):
        return
    system = [path for path in site.getsitepackages() if path in sys.path]
    sys.path[:] = [path for path in sys.path if path not in system]
    site.addusersitepackages(set(sys.path))
    sys.path += system
`.trim()
