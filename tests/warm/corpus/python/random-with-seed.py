import random

random.seed(5)
print([random.randrange(100) for _ in range(5)], random.random())
