print(open('/proc/self/comm').read(), open('/proc/self/oom_score_adj').read())
