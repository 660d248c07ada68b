print(type(__loader__), __loader__.name, __loader__.path)
