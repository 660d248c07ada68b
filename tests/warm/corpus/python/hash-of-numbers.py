print(hash(1), hash(1.5), hash(10**30), hash((1, 2)), {3, 1, 2})
