import resource

assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 1000
