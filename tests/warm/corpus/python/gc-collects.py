import gc
import weakref


class Node:
    pass


node = Node()
node.self = node
reference = weakref.ref(node)
del node
gc.collect()
print(reference() is None)
